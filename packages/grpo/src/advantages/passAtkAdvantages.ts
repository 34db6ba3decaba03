import { GROUPING, type Grouping, rewardGroups } from '../base/assertGroups.ts';
import { count, mustBe } from '../base/checks.ts';
import { hasSpread, rewardTolerance } from '../base/hasSpread.ts';
import { readOptions } from '../base/readOptions.ts';
import { scored } from '../base/statistics.ts';

export type PassAtkAdvantagesOptions = Grouping & {
  /** Size k of the subsets whose best member counts. No default. */
  k: number;
};

const checks = () => ({ ...GROUPING, k: count });

/**
 * Analytic pass@k advantage for right/wrong rewards: every k-subset of the group is scored by its best member,
 * and each completion gets the mean normalised score of the subsets it is in.
 *
 *     R = 1 - C(wrong, k) / C(n, k)     s = sqrt(R (1 - R))
 *     right: (1 - R) / s                wrong: (1 - R - C(wrong-1, k-1) / C(n-1, k-1)) / s
 *
 * @param rewards - `[P * G]`, prompt-major; above 0 (by more than 1e-8, or 1e-12 of the largest) = right. `null` = not scored, advantage 0.
 * @returns `[P * G]`; 0 for groups where every or no subset succeeds, whose rewards do not differ, or with fewer than k scores.
 * @throws {GrpoError} `option` if k is not an integer from 1 to the group's size; otherwise as `groupAdvantages`.
 *
 * @example
 * passAtkAdvantages([1, 0, 0, 0], { numGenerations: 4, k: 2 }); // Float64Array [1, -0.3333, -0.3333, -0.3333]
 *
 * @see Chen et al. 2025, Pass@k Training: https://arxiv.org/abs/2508.10751
 */
export function passAtkAdvantages(
  rewards: ArrayLike<number | null>,
  options: PassAtkAdvantagesOptions,
): Float64Array {
  const where = 'passAtkAdvantages';
  const given = readOptions<PassAtkAdvantagesOptions>(where, options, {
    checks: checks(),
    required: ['k'],
  });
  const { k } = given;
  const groups = rewardGroups(where, rewards, given);
  const advantages = new Float64Array(rewards.length);
  for (const group of groups) {
    if (k > group.length)
      throw mustBe(`${where}: k`, `at most ${group.length}, the group's size`, k);
    const values = scored(rewards, group);
    if (values.length < k) continue;
    if (!hasSpread(values)) continue;
    const n = values.length;
    const zero = rewardTolerance(values); // rounding of a sum of rewards does not make an answer right
    const wrong = values.filter((reward) => reward <= zero).length;
    const success = 1 - shareOfSubsets(wrong, n, k);
    const spread = Math.sqrt(success * (1 - success));
    if (!(spread > 0)) continue;
    for (const i of group) {
      const reward = rewards[i];
      if (reward === null || reward === undefined) continue;
      const lost = reward > zero ? 0 : shareOfSubsets(wrong - 1, n - 1, k - 1);
      advantages[i] = (1 - success - lost) / spread;
    }
  }
  return advantages;
}

/** C(part, k) / C(whole, k) as a product, which never overflows. */
function shareOfSubsets(part: number, whole: number, k: number): number {
  let share = 1;
  for (let i = 0; i < k; i++) share *= Math.max(0, part - i) / (whole - i);
  return share;
}
