import { GrpoError } from './errors.ts';

/**
 * Weighted sum of several reward functions per completion.
 *
 *     R[i] = sum_f weights[f] * rewards[f][i]        over the functions that scored i
 *
 * @param rewards - F arrays of `[P * G]`, one per reward function. `null` = that function does not apply.
 * @param weights - `[F]`. Default: all 1.
 * @returns `[P * G]`; `null` where no function scored the completion.
 * @throws {GrpoError} `shape` if the arrays or the weights differ in length.
 *
 * @example
 * combineRewards([[1, 0], [0.5, null]], [1, 2]); // [2, 0]
 */
export function combineRewards(
  rewards: ArrayLike<ArrayLike<number | null>>,
  weights?: ArrayLike<number>,
): (number | null)[] {
  const count = rewards[0]?.length ?? 0;
  if (weights && weights.length !== rewards.length) {
    throw new GrpoError(
      'shape',
      `combineRewards: ${rewards.length} reward functions but ${weights.length} weights.`,
    );
  }
  const sums: (number | null)[] = new Array(count).fill(null);
  for (let f = 0; f < rewards.length; f++) {
    const column = rewards[f]!;
    if (column.length !== count) {
      throw new GrpoError(
        'shape',
        `combineRewards: reward function ${f} scored ${column.length} completions, the first one ${count}.`,
      );
    }
    for (let i = 0; i < count; i++) {
      const reward = column[i];
      if (reward !== null && reward !== undefined)
        sums[i] = (sums[i] ?? 0) + (weights?.[f] ?? 1) * reward;
    }
  }
  return sums;
}
