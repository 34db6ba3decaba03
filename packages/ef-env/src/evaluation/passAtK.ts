import { EfEnvError } from '../base/errors.ts';

/**
 * Unbiased pass@k: the chance that k of the n samples drawn without replacement hold a right one.
 *
 *     1 - C(n - c, k) / C(n, k)
 *
 * @param n - samples. @param c - right ones. @param k - drawn.
 * @throws {EfEnvError} `option` unless 0 <= c <= n and 1 <= k <= n.
 *
 * @example
 * passAtK(8, 3, 4); // 0.9286
 *
 * @see Chen et al. 2021, Codex: https://arxiv.org/abs/2107.03374
 */
export function passAtK(n: number, c: number, k: number): number {
  checkSamples('passAtK', { n, c, k });
  let miss = 1;
  for (let i = 0; i < k; i++) miss *= Math.max(0, n - c - i) / (n - i);
  return 1 - miss;
}

/**
 * Chance that all k drawn samples are right: C(c, k) / C(n, k).
 *
 * @throws {EfEnvError} as `passAtK`.
 *
 * @example
 * passAllK(8, 4, 2); // 0.2143
 */
export function passAllK(n: number, c: number, k: number): number {
  checkSamples('passAllK', { n, c, k });
  let hit = 1;
  for (let i = 0; i < k; i++) hit *= Math.max(0, c - i) / (n - i);
  return hit;
}

/**
 * G-Pass@k: chance that at least a share `threshold` of k drawn samples is right.
 *
 *     P(X >= max(ceil(k * threshold), 1))        X hypergeometric
 *
 * @throws {EfEnvError} as `passAtK`.
 *
 * @example
 * gPassAtK(8, 4, 2, 1); // 0.2143
 *
 * @see Liu et al. 2024, Are Your LLMs Capable of Stable Reasoning?: https://arxiv.org/abs/2412.13147
 */
// biome-ignore lint/complexity/useMaxParams: operands of the formula
export function gPassAtK(n: number, c: number, k: number, threshold: number): number {
  checkSamples('gPassAtK', { n, c, k });
  // 0.55 * 20 is 11.000000000000002 in doubles
  return atLeast(Math.max(1, Math.ceil(k * threshold - 1e-9)), n, c, k);
}

/**
 * mG-Pass@k: mean of G-Pass@k over the thresholds from 1/2 to 1.
 *
 *     (2 / k) * sum_{i = ceil(k / 2) + 1}^{k} P(X >= i)
 *
 * @throws {EfEnvError} as `passAtK`.
 *
 * @example
 * meanGPassAtK(8, 8, 4); // 1
 */
export function meanGPassAtK(n: number, c: number, k: number): number {
  checkSamples('meanGPassAtK', { n, c, k });
  let sum = 0;
  for (let i = Math.ceil(k / 2) + 1; i <= k; i++) sum += atLeast(i, n, c, k);
  return (2 * sum) / k;
}

/** P(X >= m) for X right ones among k drawn without replacement from n with c right. */
// biome-ignore lint/complexity/useMaxParams: operands of the formula
function atLeast(m: number, n: number, c: number, k: number): number {
  let sum = 0;
  for (let i = m; i <= Math.min(c, k); i++) {
    if (k - i <= n - c)
      sum += Math.exp(logChoose(c, i) + logChoose(n - c, k - i) - logChoose(n, k));
  }
  return Math.min(1, sum);
}

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log((n - k + i) / i);
  return sum;
}

function checkSamples(where: string, { n, c, k }: { n: number; c: number; k: number }): void {
  const whole = [n, c, k].every(Number.isInteger);
  if (whole && c >= 0 && c <= n && k >= 1 && k <= n) return;
  throw new EfEnvError(
    'option',
    `${where}: needs whole numbers 0 <= c <= n and 1 <= k <= n, got n ${n}, c ${c}, k ${k}.`,
  );
}
