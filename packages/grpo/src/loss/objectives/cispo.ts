import { maskedMean } from '../../base/maskedMean.ts';
import type { PolicyObjective } from './policyObjective.ts';

/**
 * CISPO: the clipped ratio is a constant weight, so every token keeps its gradient.
 *
 *     loss = -stop(min(r, epsilonHigh)) * A * logprob                            convention 'trl'
 *     loss = -stop(clip(r, 1 - epsilon, 1 + epsilonHigh)) * A * logprob          convention 'verl'
 *
 * Under `'trl'`, `epsilonHigh` is the maximum itself: use about 5. Without it 0.2 holds, which scales everything down.
 *
 * @see MiniMax 2025, MiniMax-M1: https://arxiv.org/abs/2506.13585
 */
export const cispo: PolicyObjective = (batch, options) => {
  const { epsilon = 0.2, epsilonHigh = epsilon, convention = 'trl' } = options;
  const verl = convention === 'verl';
  const [low, high] = verl ? [1 - epsilon, 1 + epsilonHigh] : [0, epsilonHigh];
  const { ratio, advantages, logprobs } = batch;
  const once = batch.sequenceRatio && batch.perSequence;
  return {
    term(i, out) {
      const weight = Math.min(high, Math.max(low, ratio[i]!)) * advantages[i]!;
      out.loss = -weight * logprobs[i]!;
      out.dLogprob = -weight;
    },
    metrics: () => ({
      cispo_clip_ratio: maskedMean(
        batch,
        (i) => {
          const outside = ratio[i]! > high || ratio[i]! < low;
          return outside && (verl || advantages[i]! > 0) ? 1 : 0;
        },
        once,
      ),
    }),
  };
};
