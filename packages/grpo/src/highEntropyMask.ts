import { assertLength } from './assertTokens.ts';

/**
 * Keeps the tokens of highest entropy: those at or above the quantile 1 - share of the trained tokens.
 * The quantile is interpolated linearly and, as in TRL, in float32.
 *
 * @param entropies - `[B*T]`. @param mask - `[B*T]`, 0/1.
 * @param share - kept share, `topEntropyQuantile`: 0.2 keeps the upper fifth.
 * @returns `[B*T]`, 0/1, never outside the mask.
 * @throws {GrpoError} `shape` if the lengths differ.
 *
 * @example
 * highEntropyMask([0.1, 0.9, 0.5, 0.3], [1, 1, 1, 1], 0.5); // Uint8Array [0, 1, 1, 0]
 *
 * @see Wang et al. 2025, Beyond the 80/20 Rule: https://arxiv.org/abs/2506.01939
 */
export function highEntropyMask(
  entropies: ArrayLike<number>,
  mask: ArrayLike<number>,
  share: number,
): Uint8Array {
  assertLength('highEntropyMask', 'mask', mask, entropies.length);
  const kept = new Uint8Array(mask.length);
  const values = Float32Array.from(entropies)
    .filter((_, i) => mask[i] !== 0)
    .sort();
  if (values.length === 0) return kept;
  const rank = Math.fround(Math.fround(1 - share) * (values.length - 1));
  const below = values[Math.floor(rank)]!;
  const above = values[Math.ceil(rank)]!;
  const weight = Math.fround(rank - Math.floor(rank));
  const rise = Math.fround(above - below);
  const threshold =
    weight < 0.5
      ? Math.fround(below + weight * rise)
      : Math.fround(above - rise * Math.fround(1 - weight));
  for (let i = 0; i < kept.length; i++) {
    if (mask[i] !== 0 && entropies[i]! >= threshold) kept[i] = 1;
  }
  return kept;
}
