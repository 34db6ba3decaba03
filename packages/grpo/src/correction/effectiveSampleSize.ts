import { assertLength, notFinite } from '../base/assertTokens.ts';
import { shown } from '../base/shown.ts';

/**
 * How many equally weighted samples a weighted set is worth.
 *
 *     (sum w)^2 / sum w^2        0 if all weights are 0
 *
 * @throws {GrpoError} `not-finite` at a weight that is no finite number >= 0.
 *
 * @example
 * effectiveSampleSize([1, 1, 0, 0]); // 2
 *
 * @see Kish 1965, Survey Sampling
 */
export function effectiveSampleSize(weights: ArrayLike<number>): number {
  assertLength('effectiveSampleSize', { weights });
  let largest = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (!(Number.isFinite(weight) && weight >= 0)) {
      throw notFinite(
        `effectiveSampleSize: a weight must be a number >= 0, got ${shown(weight)}`,
        i,
      );
    }
    largest = Math.max(largest, weight);
  }
  if (largest === 0) return 0;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]! / largest; // so that no square overflows
    squares += (weights[i]! / largest) ** 2;
  }
  return (sum * sum) / squares;
}
