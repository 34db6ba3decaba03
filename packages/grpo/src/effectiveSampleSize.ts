import { assertLength, notFinite } from './assertTokens.ts';
import { shown } from './base/checks.ts';

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
  assertLength('effectiveSampleSize', 'weights', weights);
  let [sum, squares] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    if (!(Number.isFinite(weights[i]) && weights[i]! >= 0)) {
      throw notFinite(
        `effectiveSampleSize: a weight must be a number >= 0, got ${shown(weights[i])}`,
        i,
      );
    }
    sum += weights[i]!;
    squares += weights[i]! ** 2;
  }
  return squares > 0 ? (sum * sum) / squares : 0;
}
