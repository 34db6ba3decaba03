import { nonNegative } from '../../base/checks.ts';
import type { Convention } from '../../base/convention.ts';
import { maskedMean } from '../../base/maskedMean.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import type { HeldRatioOf } from './heldRatio.ts';
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

type Reads = CispoOptions & { convention?: Convention | undefined };

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
export const cispo: LossFormula<Reads> = (batch, options) => {
  const { low, high, verl } = boundsOf(options);
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

/** CISPO under `'trl'` as a ratio within bounds: a positive advantage is counted above. */
export const cispoRatio: HeldRatioOf<Reads> = (options) => {
  const { low: least, high: most, verl } = boundsOf(options);
  if (verl) return undefined;
  const tally = () => {
    let [outside, total] = [0, 0];
    return {
      add({ above, tokens }: { above: number; tokens: number }) {
        outside += above;
        total += tokens;
      },
      metrics: () => ({ cispo_clip_ratio: outside / (total || 1) }),
    };
  };
  return { up: { least, most, high: most }, down: { least, most }, weighsLogprob: true, tally };
};

function boundsOf({ epsilon = 0.2, epsilonHigh = epsilon, convention = 'trl' }: Reads) {
  const verl = convention === 'verl';
  const [low, high] = verl ? [1 - epsilon, 1 + epsilonHigh] : [0, epsilonHigh];
  return { low, high, verl };
}
