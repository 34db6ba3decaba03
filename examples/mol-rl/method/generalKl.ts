import { molLoss } from '@molrl/mol-loss';
import { packedBatch } from '@molrl/qwen3';
import { add } from '@tensorflow/tfjs-core';
import { forwardTargets, type Gradients } from '../forwardTargets.ts';
import type { Lab } from './lab.ts';
import { type TrainingSequence, targetsOf } from './sequences.ts';
import type { Stage } from './stage.ts';

/**
 * Adds the gradient of KL(model || base) on general data, weight 1, to that of another loss; undefined is no other loss.
 *
 * @returns New gradients; `gradients` is disposed of.
 */
export async function addGeneralKl(
  lab: Lab,
  stage: Stage,
  general: readonly TrainingSequence[],
  gradients: Gradients | undefined,
  metrics: Record<string, number>,
): Promise<Gradients> {
  const { roles, sequenceIds, ...targets } = targetsOf(general, ['general']);
  const { logprobs, kl, backward } = await forwardTargets(lab, packedBatch(general), targets, {
    kl: true,
  });
  const loss = molLoss({ logprobs, kl, roles, sequenceIds }, { alpha: 1 });
  Object.assign(metrics, { 'mol/kl': loss.metrics['mol/kl'] });
  const held = backward(stage.parameters, { logprobs: loss.logprobGradient, kl: loss.klGradient });
  if (gradients === undefined) return held;
  const byName = Object.fromEntries(
    Object.entries(held.byName).map(([name, gradient]) => [
      name,
      add(gradient, gradients.byName[name]!), // the same parameters
    ]),
  );
  held.dispose();
  gradients.dispose();
  return {
    byName,
    dispose: () => {
      for (const tensor of Object.values(byName)) tensor.dispose();
    },
  };
}
