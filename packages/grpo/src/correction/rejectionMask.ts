import { nonNegative, oneOf, positiveOrInfinite } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { onGrid } from '../base/onGrid.ts';
import { readOptions } from '../base/readOptions.ts';
import type { TargetAligned } from '../base/targetAligned.ts';
import { klEstimators } from '../kl/klEstimators.ts';
import { type RolloutData, tokenLogRatio } from './rolloutCorrection.ts';

/** Level of the statistic and the estimator it is made of; `geometric` = the sequence's geometric-mean ratio. */
export type RejectionStatistic =
  | 'token_k1'
  | 'token_k2'
  | 'token_k3'
  | 'seq_sum_k1'
  | 'seq_sum_k2'
  | 'seq_sum_k3'
  | 'seq_mean_k1'
  | 'seq_mean_k2'
  | 'seq_mean_k3'
  | 'seq_max_k2'
  | 'seq_max_k3'
  | 'geometric';

export interface RejectionMaskOptions {
  /** What is measured. No default. */
  statistic: RejectionStatistic;
  /** Lower bound of the ratio; only for `k1` and `geometric`. */
  low?: number | undefined;
  /** Upper bound: of the ratio for `k1` and `geometric`, of the statistic itself for the others. */
  high: number;
}

/** verl's bound of |log ratio| and its guard of the mean. */
const LOG_RATIO_CLAMP = 20;
const MEAN_EPS = 1e-8;

/**
 * Drops tokens or whole sequences that sampler and trainer disagree on too much.
 *
 *     x = clip(old - rollout, -20, 20)     k1 = -x     k2 = x^2 / 2     k3 = exp(x) - 1 - x
 *     k1: keep if log(low) <= statistic <= log(high)      k2, k3: keep if statistic <= high
 *     geometric: keep if low <= exp(mean (old - rollout)) <= high
 *
 * @returns `mask` `[B*T]`, 1 = keep, 0 where masked or dropped; `statistic` `[B*T]`, on every token.
 * @throws {GrpoError} `shape`; `unknown-name`; `missing` when `k1` or `geometric` has no `low`; `option` if the bounds cross;
 * `not-finite` where the trainer's log-probs are NaN or infinite.
 *
 * @example
 * const data = { oldLogprobs: [-1, -1], rolloutLogprobs: [-1, -5], completionMask: [1, 1], sequenceLength: 1 };
 * rejectionMask(data, { statistic: 'token_k2', high: 0.5 }).mask; // Uint8Array [1, 0]
 */
export function rejectionMask(
  data: RolloutData | TargetAligned<RolloutData>,
  options: RejectionMaskOptions,
): RejectionMaskResult {
  const run = (grid: RolloutData) => rejectionOfGrid(grid, options);
  return onGrid(data, { where: 'rejectionMask', run, perToken: ['mask', 'statistic'] });
}

interface RejectionMaskResult {
  mask: Uint8Array;
  statistic: Float64Array;
}

function rejectionOfGrid(data: RolloutData, options: RejectionMaskOptions): RejectionMaskResult {
  const given = readOptions<RejectionMaskOptions>('rejectionMask', options, {
    checks: checks(),
    required: REQUIRED,
  });
  const { statistic: name, low, high } = given;
  const geometric = name === 'geometric';
  const { level, estimator, twoSided } = STATISTICS[name];
  if (low !== undefined && low > high) {
    throw new GrpoError('option', `rejectionMask: low ${low} is above high ${high}.`);
  }
  if (!twoSided && low !== undefined) {
    throw new GrpoError('option', `rejectionMask: statistic '${name}' has no low: leave it out.`);
  }
  if (twoSided && low === undefined) {
    throw new GrpoError(
      'missing',
      `rejectionMask: statistic '${name}' needs low, the lower bound.`,
    );
  }
  const clamp = geometric ? Infinity : LOG_RATIO_CLAMP;
  const {
    logRatio: x,
    mask: trained,
    sequenceLength,
  } = tokenLogRatio('rejectionMask', data, clamp);
  const statistic = x.map((value) => estimator(value));
  if (level) {
    for (let start = 0; start < x.length; start += sequenceLength) {
      const tokens: number[] = [];
      for (let i = start; i < start + sequenceLength; i++) {
        if (trained[i] === 1) tokens.push(statistic[i]!);
      }
      statistic.fill(level(tokens), start, start + sequenceLength);
    }
  }
  const [from, to] = twoSided ? [Math.log(low!), Math.log(high)] : [-Infinity, high];
  const mask = new Uint8Array(x.length);
  for (let i = 0; i < mask.length; i++) {
    if (trained[i] === 1 && statistic[i]! >= from && statistic[i]! <= to) mask[i] = 1;
  }
  return { mask, statistic };
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

const mean = (values: number[]) => sum(values) / (values.length + MEAN_EPS);
const exactMean = (values: number[]) => sum(values) / (values.length || 1);
const max = (values: number[]) =>
  values.length === 0 ? 0 : values.reduce((a, b) => Math.max(a, b));

/** The estimators of kl/, of the sampler against the trainer: x = old - rollout. */
const k1 = (x: number) => klEstimators.k1(0, x).value;
const k2 = (x: number) => klEstimators.k2(0, x).value;
const k3 = (x: number) => klEstimators.k3(0, x).value;

interface Statistic {
  estimator: (x: number) => number;
  /** Of a row's tokens; undefined = each token by itself. */
  level?: (values: number[]) => number;
  /** Bounded below as well, by ratios. */
  twoSided?: true;
}

const STATISTICS: Record<RejectionStatistic, Statistic> = {
  token_k1: { estimator: k1, twoSided: true },
  token_k2: { estimator: k2 },
  token_k3: { estimator: k3 },
  seq_sum_k1: { estimator: k1, level: sum, twoSided: true },
  seq_sum_k2: { estimator: k2, level: sum },
  seq_sum_k3: { estimator: k3, level: sum },
  seq_mean_k1: { estimator: k1, level: mean, twoSided: true },
  seq_mean_k2: { estimator: k2, level: mean },
  seq_mean_k3: { estimator: k3, level: mean },
  seq_max_k2: { estimator: k2, level: max },
  seq_max_k3: { estimator: k3, level: max },
  geometric: { estimator: (x) => x, level: exactMean, twoSided: true },
};

const REQUIRED = ['statistic', 'high'] as const;
const checks = () => ({ statistic: oneOf(STATISTICS), low: nonNegative, high: positiveOrInfinite });

/**
 * Drops every sequence with a token that the trainer finds far less likely than the sampler did: one such token is a
 * sign of a broken rollout.
 *
 *     keep = every trained token has exp(old - rollout) >= threshold
 *
 * @param options - `threshold`; verl uses 1e-4.
 * @returns `[B*T]`, 1 = keep, 0 where masked or dropped.
 * @throws {GrpoError} as `rejectionMask`; `missing` without a threshold.
 *
 * @example
 * const data = { oldLogprobs: [-1, -12], rolloutLogprobs: [-1, -1], completionMask: [1, 1], sequenceLength: 1 };
 * vetoMask(data, { threshold: 1e-4 }); // Uint8Array [1, 0]
 */
export function vetoMask(
  data: RolloutData | TargetAligned<RolloutData>,
  options: { threshold: number },
): Uint8Array {
  const run = (grid: RolloutData) => ({ mask: vetoOfGrid(grid, options) });
  return onGrid(data, { where: 'vetoMask', run, perToken: ['mask'] }).mask;
}

function vetoOfGrid(data: RolloutData, options: { threshold: number }): Uint8Array {
  const checks = { threshold: nonNegative };
  const { threshold } = readOptions<{ threshold: number }>('vetoMask', options, {
    checks,
    required: ['threshold'],
  });
  const { logRatio: x, mask: trained, sequenceLength } = tokenLogRatio('vetoMask', data, Infinity);
  const mask = trained.slice();
  for (let start = 0; start < x.length; start += sequenceLength) {
    const end = start + sequenceLength;
    const bad = x.subarray(start, end).some((value) => Math.exp(value) < threshold);
    if (bad) mask.fill(0, start, end);
  }
  return mask;
}
