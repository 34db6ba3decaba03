import { assertRewards } from '../base/assertGroups.ts';
import { assertFiniteTokens, assertLength } from '../base/assertTokens.ts';
import { GrpoError } from '../base/errors.ts';

/**
 * Weighted sum of several reward functions per completion.
 *
 *     R[i] = sum_f weights[f] * rewards[f][i]        over the functions that scored i
 *
 * As in TRL, a function of weight 0 counts among those that scored: where it alone did, the completion's reward is 0, not
 * `null`. Leave a function that is only to be watched out of the list.
 *
 * @param rewards - F arrays of `[P * G]`, one per reward function. `null` = that function does not apply.
 * @param weights - `[F]`. Default: all 1.
 * @returns `[P * G]`; `null` where no function scored the completion.
 * @throws {GrpoError} `shape` if the arrays or the weights differ in length, `not-finite` for a reward that is neither a
 * finite number nor `null`, or a weight that is no finite number.
 *
 * @example
 * combineRewards([[1, 0], [0.5, null]], [1, 2]); // [2, 0]
 */
export function combineRewards(
  rewards: ArrayLike<ArrayLike<number | null>>,
  weights?: ArrayLike<number>,
): (number | null)[] {
  assertLength('combineRewards', { rewards });
  if (rewards.length === 0) {
    throw new GrpoError('missing', 'combineRewards: needs the rewards of at least one function.');
  }
  assertLength('combineRewards', { 'rewards[0]': rewards[0]! });
  const count = rewards[0]!.length;
  if (weights !== undefined && weights !== null) {
    assertLength('combineRewards', { weights });
    assertFiniteTokens('combineRewards', { weights });
  }
  if (weights && weights.length !== rewards.length) {
    throw new GrpoError(
      'shape',
      `combineRewards: ${rewards.length} reward functions but ${weights.length} weights.`,
    );
  }
  const sums: (number | null)[] = new Array(count).fill(null);
  for (let f = 0; f < rewards.length; f++) {
    const column = rewards[f]!;
    assertLength('combineRewards', { [`rewards[${f}]`]: column });
    if (column.length !== count) {
      throw new GrpoError(
        'shape',
        `combineRewards: reward function ${f} scored ${column.length} completions, the first one ${count}.`,
      );
    }
    assertRewards('combineRewards', column, `reward of function ${f},`);
    for (let i = 0; i < count; i++) {
      const reward = column[i]!;
      if (reward !== null) sums[i] = (sums[i] ?? 0) + (weights?.[f] ?? 1) * reward;
    }
  }
  return sums;
}
