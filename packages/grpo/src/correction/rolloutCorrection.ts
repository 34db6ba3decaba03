import { assertLogprobs, assertRolloutLogprobs } from '../base/assertTokens.ts';
import { nonNegative, oneOf, orNull, positiveOrInfinite } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { onGrid } from '../base/onGrid.ts';
import type { Mask } from '../base/readMask.ts';
import { readOptions } from '../base/readOptions.ts';
import { readTokenData } from '../base/readTokenData.ts';
import { mean } from '../base/statistics.ts';
import type { TargetAligned } from '../base/targetAligned.ts';
import { effectiveSampleSize } from './effectiveSampleSize.ts';
import { logprobMismatch } from './logprobMismatch.ts';

/** Log-probs of the same tokens by the trainer (before its first update) and by the sampler. */
export interface RolloutData {
  /** `[B*T]`, trainer. */
  oldLogprobs: ArrayLike<number>;
  /** `[B*T]`, sampler; NaN = not reported, taken as equal. */
  rolloutLogprobs: ArrayLike<number>;
  /** `[B*T]`. */
  completionMask: Mask;
  /** T. */
  sequenceLength: number;
  /** Not in a grid; in target-aligned data it stands in place of mask and length. */
  sequenceIds?: undefined;
}

/**
 * Level of the ratio and what happens outside the bounds: `truncate` (TIS) holds it to them, `mask` (MIS, IcePop) drops
 * the token or sequence. `token`: each token; `sequence`: product over the sequence; `geometric`: its geometric mean.
 */
export type RolloutCorrectionMode =
  | 'token_truncate'
  | 'token_mask'
  | 'sequence_truncate'
  | 'sequence_mask'
  | 'geometric_truncate'
  | 'geometric_mask';

export interface RolloutCorrectionOptions {
  /** Default `'sequence_mask'` (TRL). */
  mode?: RolloutCorrectionMode | undefined;
  /** Upper bound of the ratio, `null` = none. Default 3 (TRL). */
  clipMax?: number | null | undefined;
  /** Lower bound, `null` = none. Default none. */
  clipMin?: number | null | undefined;
  /** Bound of |log ratio| before exp. Default none; verl 20. */
  logRatioClamp?: number | undefined;
}

export interface RolloutCorrectionResult {
  /** `[B*T]`, constant factors of the tokens' losses; 0 where masked. */
  weights: Float64Array;
  /** `[B]`, the same per sequence; only for sequence and geometric modes. `vespo` wants these. */
  sequenceWeights?: Float64Array;
  /** TRL's `sampling/*` names, and `sampling/ess_fraction`. */
  metrics: Record<string, number>;
}

/**
 * Truncated or masked importance sampling between the sampler's and the trainer's probabilities of the same tokens.
 *
 *     w = exp(old - rollout)      truncate: clip(w, clipMin, clipMax)      mask: w inside the bounds, else 0
 *
 * Pass `weights` (`vespo`: `sequenceWeights`) as `importanceWeights`. Where the loss takes its ratio to the sampler already (`prime`, `ipo`, or
 * `oldLogprobs = rolloutLogprobs`), that is refused: the mismatch would be corrected twice.
 *
 * @param data - flat `[B*T]` arrays, or the trained tokens alone: `[N]` arrays with `sequenceIds`, and `weights` `[N]`.
 * @throws {GrpoError} `shape`; `option` if the bounds cross, or for log-probs above 0; `unknown-name` for a mode we do not
 * have; `not-finite` where the trainer's log-probs are NaN or infinite.
 *
 * @example
 * const data = { oldLogprobs: [-1, -1.5], rolloutLogprobs: [-1.5, -1], completionMask: [1, 1], sequenceLength: 2 };
 * rolloutCorrection(data, { mode: 'token_truncate', clipMax: 1.5 }).weights; // Float64Array [1.5, 0.6065]
 *
 * @see Yao et al. 2025, Your Efficient RL Framework Secretly Brings You Off-Policy RL Training: https://fengyao.notion.site/off-policy-rl
 * @see Ling Team 2025, Every Step Evolves (IcePop): https://arxiv.org/abs/2510.18855
 */
export function rolloutCorrection(
  data: RolloutData | TargetAligned<RolloutData>,
  options: RolloutCorrectionOptions = {},
): RolloutCorrectionResult {
  const run = (grid: RolloutData) => correctionOfGrid(grid, options);
  return onGrid(data, { where: 'rolloutCorrection', run, perToken: ['weights'] });
}

function correctionOfGrid(
  data: RolloutData,
  options: RolloutCorrectionOptions,
): RolloutCorrectionResult {
  const given = readOptions<RolloutCorrectionOptions>('rolloutCorrection', options, {
    checks: checks(),
  });
  const { mode = 'sequence_mask', clipMax, clipMin, logRatioClamp = Infinity } = given;
  const [level, action] = mode.split('_');
  const low = clipMin ?? -Infinity;
  const high = clipMax === undefined ? 3 : (clipMax ?? Infinity);
  if (low > high) {
    throw new GrpoError('option', `rolloutCorrection: clipMin ${low} is above clipMax ${high}.`);
  }
  const clamp = level === 'token' ? logRatioClamp : Infinity;
  const { logRatio, mask, sequenceLength } = tokenLogRatio('rolloutCorrection', data, clamp);
  const rows = logRatio.length / sequenceLength;
  const bound = (ratio: number) => {
    if (action === 'truncate') return Math.min(high, Math.max(low, ratio));
    return ratio < low || ratio > high ? 0 : ratio;
  };

  const weights = new Float64Array(logRatio.length);
  const sequenceWeights = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let [sum, count] = [0, 0];
    for (let i = row * sequenceLength; i < (row + 1) * sequenceLength; i++) {
      if (mask[i] === 0) continue;
      sum += logRatio[i]!;
      count++;
    }
    const log = level === 'geometric' ? sum / (count || 1) : sum;
    const clamped = Math.min(logRatioClamp, Math.max(-logRatioClamp, log));
    sequenceWeights[row] = bound(Math.exp(clamped));
    for (let i = row * sequenceLength; i < (row + 1) * sequenceLength; i++) {
      if (mask[i] === 0) continue;
      weights[i] = level === 'token' ? bound(Math.exp(logRatio[i]!)) : sequenceWeights[row]!;
    }
  }
  const metrics = correctionMetrics(data, mask, {
    weights,
    sequenceWeights: level === 'token' ? undefined : sequenceWeights,
  });
  return level === 'token' ? { weights, metrics } : { weights, sequenceWeights, metrics };
}

const MODES: Record<RolloutCorrectionMode, true> = {
  token_truncate: true,
  token_mask: true,
  sequence_truncate: true,
  sequence_mask: true,
  geometric_truncate: true,
  geometric_mask: true,
};

const checks = () => ({
  mode: oneOf(MODES),
  clipMax: orNull(positiveOrInfinite),
  clipMin: orNull(nonNegative),
  logRatioClamp: positiveOrInfinite,
});

/** old - rollout on trained tokens, clamped; 0 where masked or not reported. */
export function tokenLogRatio(
  where: string,
  data: RolloutData,
  clamp: number,
): { logRatio: Float64Array; mask: Uint8Array; sequenceLength: number } {
  const { fields, mask, size } = readTokenData(where, data, ['oldLogprobs', 'rolloutLogprobs']);
  const { oldLogprobs, rolloutLogprobs, sequenceLength } = fields;
  assertLogprobs(where, { oldLogprobs }, { mask, layout: sequenceLength });
  assertRolloutLogprobs(where, { rolloutLogprobs }, { mask, layout: sequenceLength });
  const logRatio = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    if (mask[i] === 0) continue;
    const step = oldLogprobs[i]! - rolloutLogprobs[i]!;
    logRatio[i] = Number.isNaN(step) ? 0 : Math.min(clamp, Math.max(-clamp, step));
  }
  return { logRatio, mask, sequenceLength };
}

function correctionMetrics(
  data: RolloutData,
  mask: Uint8Array,
  {
    weights,
    sequenceWeights,
  }: { weights: Float64Array; sequenceWeights: Float64Array | undefined },
): Record<string, number> {
  const { oldLogprobs, rolloutLogprobs } = data;
  const trained = weights.filter((_, i) => mask[i] === 1);
  const ratios = sequenceWeights ?? trained;
  const key = 'sampling/importance_sampling_ratio';
  return {
    ...logprobMismatch(oldLogprobs, rolloutLogprobs, mask),
    [`${key}/min`]: ratios.length > 0 ? ratios.reduce((a, b) => Math.min(a, b)) : 0,
    [`${key}/mean`]: ratios.length > 0 ? mean(ratios) : 0,
    [`${key}/max`]: ratios.reduce((a, b) => Math.max(a, b), 0),
    'sampling/ess_fraction': effectiveSampleSize(trained) / (trained.length || 1),
  };
}
