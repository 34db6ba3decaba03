import { aboveOne, nonNegative, positiveOrInfinite } from '../../base/checks.ts';
import type { Convention } from '../../base/convention.ts';
import { maskedMean } from '../../base/maskedMean.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import { clipMetrics, clipShares } from './clipMetrics.ts';
import type { HeldRatio, HoldTally } from './heldRatio.ts';
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
 * which is -A times the ratio held within bounds: see `clippedRatio`.
 *
 * @see Schulman et al. 2017, PPO: https://arxiv.org/abs/1707.06347
 * @see Ye et al. 2019, dual clip: https://arxiv.org/abs/1912.09729
 * @see Prime Intellect 2025, INTELLECT-2 (delta): https://arxiv.org/abs/2505.07291
 */
export const clippedSurrogate: LossFormula<Reads> = (batch, options) => {
  const { low, high, delta, dualClip } = boundsOf(options);
  const { up, down } = clippedRatio(options);
  const { ratio, advantages } = batch;
  return {
    terms(tokens, { loss, dLogRatio }) {
      for (let k = 0; k < tokens.length; k++) {
        const i = tokens[k]!;
        const advantage = advantages[i]!;
        if (advantage === 0) continue;
        const { least, most } = advantage > 0 ? up : down;
        const r = ratio[i]!;
        const held = Math.max(least, Math.min(r, most));
        loss[i] = -held * advantage;
        dLogRatio[i] = held === r ? -r * advantage : 0; // a ratio that is held has no gradient
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

/**
 * The clipped surrogate as a ratio within bounds:
 *
 *     A > 0: at most 1 + epsilonHigh and delta
 *     A < 0: at least 1 - epsilon, at most dualClip and the larger of 1 + epsilonHigh and delta
 */
export function clippedRatio(options: Reads): HeldRatio {
  const { low, high, delta, dualClip } = boundsOf(options);
  const up = {
    least: -Infinity,
    most: Math.min(high, delta),
    high: delta > high ? high : Infinity,
  };
  const down = { least: low, most: Math.min(dualClip, Math.max(high, delta)), high: dualClip };
  return {
    up,
    down: { ...down, low: delta < low ? Infinity : low },
    weighsLogprob: false,
    tally: () => clipTally(dualClip),
  };
}

function boundsOf(options: Reads) {
  const { epsilon = 0.2, epsilonHigh = epsilon, delta = Infinity } = options;
  const { dualClip = options.convention === 'verl' ? 3 : Infinity } = options;
  return { low: 1 - epsilon, high: 1 + epsilonHigh, delta, dualClip };
}

/** A negative advantage is clipped below, and dually above; a positive one above. */
function clipTally(dualClip: number): HoldTally {
  const shares = clipShares();
  let [dual, total] = [0, 0];
  return {
    add({ below, above, advantage, tokens }) {
      shares.add({ below: advantage < 0 ? below : 0, above: advantage > 0 ? above : 0, tokens });
      dual += advantage < 0 ? above : 0;
      total += tokens;
    },
    metrics: () => ({
      ...shares.metrics(),
      ...(dualClip < Infinity && { 'clip_ratio/dual_mean': dual / (total || 1) }),
    }),
  };
}
