import { assertFiniteTokens, assertLength } from '../../base/assertTokens.ts';
import { share } from '../../base/checks.ts';
import { type Mask, readMask } from '../../base/readMask.ts';

/**
 * Keeps the tokens of highest entropy: those at or above the quantile 1 - share of the trained tokens.
 * The quantile is interpolated linearly, as in TRL on torch 2.15: the level and the threshold are float32, the rank is not.
 * Entropies are compared as they are: in float64, one that is the threshold may lie below it.
 *
 * @param entropies - `[B*T]`. @param mask - `[B*T]`.
 * @param kept - kept share, `topEntropyQuantile`: 0.2 keeps the upper fifth.
 * @returns `[B*T]`, 0/1, never outside the mask.
 * @throws {GrpoError} `shape` if the lengths differ, `option`, `not-finite`.
 *
 * @example
 * highEntropyMask([0.1, 0.9, 0.5, 0.3], [1, 1, 1, 1], 0.5); // Uint8Array [0, 1, 1, 0]
 *
 * @see Wang et al. 2025, Beyond the 80/20 Rule: https://arxiv.org/abs/2506.01939
 */
export function highEntropyMask(
  entropies: ArrayLike<number>,
  mask: Mask,
  kept: number,
): Uint8Array {
  const where = 'highEntropyMask';
  share(where, 'share', kept);
  assertLength(where, { entropies });
  const read = readMask(where, { mask }, { length: entropies.length });
  assertFiniteTokens(where, { entropies }, { mask: read });
  const values = Float32Array.from(entropies)
    .filter((_, i) => read[i] !== 0)
    .sort();
  const threshold = quantile(values, Math.fround(1 - kept));
  return read.map((keep, i) => (keep !== 0 && entropies[i]! >= threshold ? 1 : 0));
}

/** torch.quantile of sorted float32 values. */
function quantile(values: Float32Array, level: number): number {
  if (values.length === 0) return Number.NaN;
  const rank = level * (values.length - 1);
  const below = values[Math.floor(rank)]!;
  const above = values[Math.ceil(rank)]!;
  const weight = Math.fround(rank - Math.floor(rank));
  const rise = Math.fround(above - below);
  return weight < 0.5
    ? Math.fround(below + weight * rise)
    : Math.fround(above - rise * Math.fround(1 - weight));
}
