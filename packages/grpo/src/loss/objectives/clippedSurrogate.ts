import { aboveOne, nonNegative, positiveOrInfinite } from '../../base/checks.ts';
import type { Convention } from '../../base/convention.ts';
import { maskedMean } from '../../base/maskedMean.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import { clipMetrics } from './clipMetrics.ts';
import type { LossFormula } from './lossFormula.ts';

export interface ClipOptions {
  /** Ratios below 1 - epsilon are clipped. Default 0.2 (gspo 3e-4). */
  epsilon?: number | undefined;
  /** Ratios above 1 + epsilonHigh are clipped. Default `epsilon` (gspo 4e-4). */
  epsilonHigh?: number | undefined;
  /** Upper bound of the ratio for negative advantages too (two-sided clipping). Default none. */
  delta?: number | undefined;
  /** Dual clip c > 1: for a negative advantage the loss is at most -A * c. Default none (3 under `'verl'`, but for gspo). */
  dualClip?: number | undefined;
}

export const CLIP_OPTIONS: OptionChecks<ClipOptions> = {
  epsilon: nonNegative,
  epsilonHigh: nonNegative,
  delta: positiveOrInfinite,
  dualClip: aboveOne,
};

type Reads = ClipOptions & { convention?: Convention | undefined };

/**
 * PPO's clipped surrogate, with the two extensions in use.
 *
 *     loss = -min(min(r, delta) * A, clip(r, 1 - epsilon, 1 + epsilonHigh) * A)
 *     dual clip, A < 0: loss = min(loss, -A * dualClip)
 *
 * @see Schulman et al. 2017, PPO: https://arxiv.org/abs/1707.06347
 * @see Ye et al. 2019, dual clip: https://arxiv.org/abs/1912.09729
 * @see Prime Intellect 2025, INTELLECT-2 (delta): https://arxiv.org/abs/2505.07291
 */
export const clippedSurrogate: LossFormula<Reads> = (batch, options) => {
  const { epsilon = 0.2, epsilonHigh = epsilon, delta = Infinity } = options;
  const { dualClip = options.convention === 'verl' ? 3 : Infinity } = options;
  const [low, high] = [1 - epsilon, 1 + epsilonHigh];
  const { ratio, advantages } = batch;
  return {
    terms(tokens, { loss, dLogRatio }) {
      for (let k = 0; k < tokens.length; k++) {
        const i = tokens[k]!;
        const advantage = advantages[i]!;
        if (advantage === 0) continue;
        const r = ratio[i]!;
        const held = Math.min(r, delta);
        const inside = Math.min(high, Math.max(low, r));
        // the smaller of the two products
        const factor =
          advantage > 0 ? Math.min(held, inside) : Math.min(dualClip, Math.max(held, inside));
        loss[i] = -factor * advantage;
        dLogRatio[i] = factor === r ? -r * advantage : 0; // a ratio that is held has no gradient
      }
    },
    metrics: () => {
      const metrics = clipMetrics(batch, ratio, { low, high, most: delta });
      if (dualClip === Infinity) return metrics;
      const once = batch.sequenceRatio && batch.perSequence;
      const beyond = (i: number) => (advantages[i]! < 0 && ratio[i]! > dualClip ? 1 : 0);
      return { ...metrics, 'clip_ratio/dual_mean': maskedMean(batch, beyond, once) };
    },
  };
};

/** The same on a sequence's ratio, as in GSPO: verl has no dual clip there, so only an explicit `dualClip` gives one. */
export const sequenceSurrogate: LossFormula<Reads> = (batch, options) =>
  clippedSurrogate(batch, { dualClip: Infinity, ...options });
