import { molLoss } from '@molrl/mol-loss';
import { addGradients, type Gradients, packedBatch, selectTargets } from '@molrl/qwen3';
import type { Learner, Sequence } from './learner.ts';
import { score } from './score.ts';

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
  const batch = packedBatch(sequences);
  const targets = selectTargets(batch, sequences);
  const { roles, sequenceIds } = targets;
  const { logprobs, kl, backward } = await score(
    learner,
    { batch, targets, sequences },
    {
      ref: learner.ref,
      kl: 'reverse',
    },
  );
  const loss = molLoss({ logprobs, kl, roles, sequenceIds }, { alpha: 1 });
  Object.assign(metrics, { 'mol/kl': loss.metrics['mol/kl'] });
  const held = backward({ logprobs: loss.logprobGradient, kl: loss.klGradient });
  return addGradients(gradients, held);
}
