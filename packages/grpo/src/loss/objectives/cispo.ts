import { nonNegative } from '../../base/checks.ts';
import type { Convention } from '../../base/convention.ts';
import { maskedMean } from '../../base/maskedMean.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import type { LossFormula } from './lossFormula.ts';

export interface CispoOptions {
  /** Under `'verl'`: the weight is at least 1 - epsilon. Default 0.2. */
  epsilon?: number | undefined;
  /** Under `'trl'` the ratio's maximum itself, under `'verl'` the weight is at most 1 + epsilonHigh. Default `epsilon`. */
  epsilonHigh?: number | undefined;
}

export const CISPO_OPTIONS: OptionChecks<CispoOptions> = {
  epsilon: nonNegative,
  epsilonHigh: nonNegative,
};

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
export const cispo: LossFormula<CispoOptions & { convention?: Convention | undefined }> = (
  batch,
  options,
) => {
  const { epsilon = 0.2, epsilonHigh = epsilon, convention = 'trl' } = options;
  const verl = convention === 'verl';
  const [low, high] = verl ? [1 - epsilon, 1 + epsilonHigh] : [0, epsilonHigh];
  const { ratio, advantages, logprobs } = batch;
  const once = batch.sequenceRatio && batch.perSequence;
  return {
    terms(tokens, { loss, dLogprob }) {
      for (let k = 0; k < tokens.length; k++) {
        const i = tokens[k]!;
        const weight = Math.min(high, Math.max(low, ratio[i]!)) * advantages[i]!;
        loss[i] = -weight * logprobs[i]!;
        dLogprob[i] = -weight;
      }
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
