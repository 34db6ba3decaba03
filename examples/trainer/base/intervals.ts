import { wilsonInterval } from '@molrl/ef-env';

/** A mean with its 95 % interval and the number of observations behind it. */
export interface Figure {
  mean: number;
  /** Lower and upper end. */
  ci95: [number, number];
  n: number;
}

const Z95 = 1.959964;

/** Share of successes with the Wilson score interval. */
export const wilson = (successes: number, n: number): Figure => ({
  mean: successes / n,
  ci95: wilsonInterval(successes, n, 0.95),
  n,
});

/** Two-sided 95 % quantiles of Student's t for 1, 2, 3 ... degrees of freedom. */
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045,
];

/**
 * Mean of independent values with the t-interval. One value has no interval: both ends are the value.
 *
 * @param n - Observations to report, when each value stands for many. Default: the number of values.
 */
export function tInterval(values: readonly number[], n: number = values.length): Figure {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, ci95: [mean, mean], n };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = (T95[count - 2] ?? Z95) * Math.sqrt(variance / count);
  return { mean, ci95: [mean - half, mean + half], n };
}
