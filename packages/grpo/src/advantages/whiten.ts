import { assertFiniteTokens, assertLength } from '../base/assertTokens.ts';
import { hasSpread } from '../base/hasSpread.ts';
import { type Mask, readMask } from '../base/readMask.ts';

/**
 * Standardises the tokens under the mask over the whole batch; the rest is 0.
 *
 *     y = (x - mean) / sqrt(var + 1e-8)        var: n - 1
 *
 * @param values - `[B*T]`. @param mask - `[B*T]`, 0/1.
 * @returns `[B*T]`. Values that differ by rounding only (see `groupAdvantages`) and one token alone give 0.
 * @throws {GrpoError} `shape` if the lengths differ, `not-finite` at a value under the mask.
 *
 * @example
 * whiten([1, 3, 9], [1, 1, 0]); // Float64Array [-0.7071, 0.7071, 0]
 */
export function whiten(values: ArrayLike<number>, mask: Mask): Float64Array {
  assertLength('whiten', { values });
  const keep = readMask('whiten', { mask }, { length: values.length });
  assertFiniteTokens('whiten', { values }, { mask: keep });
  const kept = Array.from(keep.keys())
    .filter((i) => keep[i] === 1)
    .map((i) => values[i]!);
  const whitened = new Float64Array(values.length);
  if (!hasSpread(kept)) return whitened;
  const centre = kept.reduce((sum, value) => sum + value, 0) / kept.length;
  const squares = kept.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  const scale = Math.sqrt(squares / (kept.length - 1) + 1e-8);
  for (let i = 0; i < whitened.length; i++) {
    if (keep[i] === 1) whitened[i] = (values[i]! - centre) / scale;
  }
  return whitened;
}
