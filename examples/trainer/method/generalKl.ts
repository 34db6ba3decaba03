import { addGradients, type Gradients } from '@molrl/qwen3';
import type { Learner, Sequence } from './learner.ts';
import { mixtureGradient } from './mixtureGradient.ts';

/**
 * Adds the gradient of KL(model || base) on general data, weight 1, to that of another loss; undefined is no other loss.
 *
 * @returns New gradients; `gradients` is used up. `metrics` gets `mol/kl`.
 */
export async function addGeneralKl(
  learner: Learner,
  sequences: readonly Sequence[],
  { gradients, metrics }: { gradients: Gradients | undefined; metrics: Record<string, number> },
): Promise<Gradients> {
  const held = await mixtureGradient(learner, sequences, { terms: { alpha: 1 } });
  Object.assign(metrics, { 'mol/kl': held.metrics['mol/kl'] });
  return addGradients(gradients, held.gradients);
}
