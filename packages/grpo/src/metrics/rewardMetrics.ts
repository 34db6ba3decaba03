import { GROUPING, type Grouping, rewardGroups } from '../base/assertGroups.ts';
import { oneOf } from '../base/checks.ts';
import { hasSpread } from '../base/hasSpread.ts';
import { readOptions } from '../base/readOptions.ts';
import { mean, scored, standardDeviation } from '../base/statistics.ts';

export type IsStdZeroOptions = Grouping & {
  /** Default `'group'`; `'batch'` asks whether the whole batch has no spread. */
  scaleRewards?: 'group' | 'batch' | 'none' | undefined;
};

const checks = () => ({ ...GROUPING, scaleRewards: oneOf(['group', 'batch', 'none']) });

/**
 * 1 for each completion whose group's rewards have no spread (scale `'batch'`: the batch's), as TRL counts them: a std of at
 * most 1e-8, or 1e-12 of the largest reward. The advantages of such a group are exactly 0.
 *
 * @param rewards - `[P * G]`. A group with one scored completion has no defined std and is not counted, unless G is 1.
 *
 * @throws {GrpoError} as `groupAdvantages`.
 *
 * @example
 * isStdZero([1, 1, 0, 1], { numGenerations: 2 }); // Uint8Array [1, 1, 0, 0]
 */
export function isStdZero(
  rewards: ArrayLike<number | null>,
  options: IsStdZeroOptions,
): Uint8Array {
  const given = readOptions<IsStdZeroOptions>('isStdZero', options, { checks: checks() });
  const groups = rewardGroups('isStdZero', rewards, given);
  const flags = new Uint8Array(rewards.length);
  const spans = given.scaleRewards === 'batch' ? [groups.flat()] : groups;
  for (const span of spans) {
    const values = scored(rewards, span);
    const flat = span.length === 1 || (values.length > 1 && !hasSpread(values));
    if (flat) for (const i of span) flags[i] = 1;
  }
  return flags;
}

/**
 * What to log of the rewards, under TRL's names, and the share of groups that teach something.
 *
 * @param rewards - `[P * G]`, prompt-major; `null` = not scored.
 * @returns `reward` (NaN without a score), `reward_std` (over the batch, n - 1; NaN with fewer than two scores),
 * `frac_reward_zero_std`, `group/frac_mixed` (groups with spread), `group/reward_std`, and `reward/frac_unscored`, the share
 * of `null`s, where there are any.
 *
 * @throws {GrpoError} as `groupAdvantages`.
 *
 * @example
 * rewardMetrics([1, 0, 1, 1], { numGenerations: 2 });
 * // { reward: 0.75, reward_std: 0.5, frac_reward_zero_std: 0.5, 'group/frac_mixed': 0.5, 'group/reward_std': 0.3536 }
 */
export function rewardMetrics(
  rewards: ArrayLike<number | null>,
  options: Grouping,
): Record<string, number> {
  const given = readOptions<Grouping>('rewardMetrics', options, { checks: GROUPING });
  const groups = rewardGroups('rewardMetrics', rewards, given);
  const all = scored(rewards, groups.flat());
  const values = groups.map((group) => scored(rewards, group));
  const spreads = values
    .map((group) => standardDeviation(group))
    .filter((std) => !Number.isNaN(std));
  const flags = isStdZero(rewards, given);
  const unscored = rewards.length - all.length;
  return {
    reward: mean(all),
    reward_std: standardDeviation(all),
    frac_reward_zero_std: flags.length > 0 ? mean(flags) : 0,
    'group/frac_mixed': values.filter(hasSpread).length / (groups.length || 1),
    'group/reward_std': spreads.length > 0 ? mean(spreads) : 0,
    ...(unscored > 0 && { 'reward/frac_unscored': unscored / rewards.length }),
  };
}
