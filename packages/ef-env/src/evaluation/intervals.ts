import { EfEnvError } from '../base/errors.ts';

/**
 * Wilson's interval of a share.
 *
 * @param successes - count. @param n - trials. @param confidence - for instance 0.95.
 * @returns `[low, high]`, inside [0, 1].
 * @throws {EfEnvError} `option` unless 0 <= successes <= n, n >= 1 and 0 < confidence < 1.
 *
 * @example
 * wilsonInterval(3, 10, 0.95); // [0.1078, 0.6032]
 *
 * @see Wilson 1927: https://doi.org/10.1080/01621459.1927.10502953
 */
export function wilsonInterval(successes: number, n: number, confidence: number): [number, number] {
  if (!(successes >= 0 && successes <= n && n >= 1 && confidence > 0 && confidence < 1)) {
    throw new EfEnvError(
      'option',
      `wilsonInterval: needs 0 <= successes <= n, n >= 1, 0 < confidence < 1, got ${successes}, ${n}, ${confidence}.`,
    );
  }
  const z = normalQuantile(0.5 + confidence / 2);
  const share = successes / n;
  const divisor = 1 + (z * z) / n;
  const middle = share + (z * z) / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, (middle - half) / divisor), Math.min(1, (middle + half) / divisor)];
}

/**
 * Percentile bootstrap of a mean, with the resamples given (so that a run can be repeated).
 *
 * @param values - one per question. @param indices - resamples: lists of indices into `values`.
 * @returns interval (linear interpolation between order statistics), and the std of the resampled means (n - 1).
 *
 * @example
 * bootstrapMean([0, 1], [[0, 0], [0, 1], [1, 1]], 0.5).interval; // [0.25, 0.75]
 *
 * @see Efron 1979: https://doi.org/10.1214/aos/1176344552
 */
export function bootstrapMean(
  values: ArrayLike<number>,
  indices: ArrayLike<ArrayLike<number>>,
  confidence: number,
): { interval: [number, number]; standardError: number } {
  const means = Float64Array.from(indices, (sample) => {
    let sum = 0;
    for (let k = 0; k < sample.length; k++) sum += values[sample[k]!]!;
    return sum / sample.length;
  });
  const centre = means.reduce((sum, value) => sum + value, 0) / means.length;
  const squares = means.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  means.sort();
  return {
    interval: [quantile(means, (1 - confidence) / 2), quantile(means, (1 + confidence) / 2)],
    standardError: Math.sqrt(squares / (means.length - 1)),
  };
}

/** Quantile of sorted values, linear between order statistics. */
function quantile(sorted: Float64Array, p: number): number {
  const rank = p * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
  return below + (rank - Math.floor(rank)) * (above - below);
}

/** Inverse of the normal distribution function, by bisection: exact to rounding for every confidence below 1 - 1e-13. */
function normalQuantile(p: number): number {
  let [low, high] = [0, 8];
  for (let step = 0; step < 60; step++) {
    const z = (low + high) / 2;
    if (normalCdf(z) < p) low = z;
    else high = z;
  }
  return low;
}

/** Standard normal distribution function by its series (Marsaglia 2004), 0 <= z < 8. */
function normalCdf(z: number): number {
  let [term, sum] = [z, z];
  for (let i = 3; i < 400; i += 2) {
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
