import { assertLength } from './assertTokens.ts';

/**
 * Standardises the tokens under the mask over the whole batch; the rest is 0.
 *
 *     y = (x - mean) / sqrt(var + 1e-8)        var: n - 1
 *
 * @param values - `[B*T]`. @param mask - `[B*T]`, 0/1.
 * @returns `[B*T]`. One token alone gives 0.
 * @throws {GrpoError} `shape` if the lengths differ.
 *
 * @example
 * whiten([1, 3, 9], [1, 1, 0]); // Float64Array [-0.7071, 0.7071, 0]
 */
export function whiten(values: ArrayLike<number>, mask: ArrayLike<number>): Float64Array {
  assertLength('whiten', 'mask', mask, values.length);
  let [count, sum, squares] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    if (mask[i] === 0) continue;
    count++;
    sum += values[i]!;
  }
  const centre = sum / count;
  for (let i = 0; i < values.length; i++) {
    if (mask[i] !== 0) squares += (values[i]! - centre) ** 2;
  }
  const scale = Math.sqrt(squares / Math.max(1, count - 1) + 1e-8);
  return Float64Array.from(values, (value, i) => (mask[i] === 0 ? 0 : (value - centre) / scale));
}
