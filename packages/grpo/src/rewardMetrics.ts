import { assertRewards, type Grouping, groupIndices } from './assertGroups.ts';
import { mean, scored, standardDeviation } from './statistics.ts';

/** torch's `isclose` to 0: TRL counts such a std as none. */
const ZERO_STD = 1e-8;

/**
 * 1 for each completion whose group's rewards have no spread (scale `'batch'`: the batch's), as TRL counts them.
 *
 * @param rewards - `[P * G]`. A group with one scored completion has no defined std and is not counted, unless G is 1.
 *
 * @example
 * isStdZero([1, 1, 0, 1], { numGenerations: 2 }); // Uint8Array [1, 1, 0, 0]
 */
export function isStdZero(
  rewards: ArrayLike<number | null>,
  options: Grouping & { scaleRewards?: 'group' | 'batch' | 'none' | undefined },
): Uint8Array {
  const groups = groupIndices('isStdZero', rewards.length, options);
  assertRewards('isStdZero', rewards);
  const flags = new Uint8Array(rewards.length);
  const spans = options.scaleRewards === 'batch' ? [groups.flat()] : groups;
  for (const span of spans) {
    const std = span.length === 1 ? 0 : standardDeviation(scored(rewards, span));
    if (std <= ZERO_STD) for (const i of span) flags[i] = 1;
  }
  return flags;
}

/**
 * What to log of the rewards, under TRL's names, and the share of groups that teach something.
 *
 * @param rewards - `[P * G]`, prompt-major; `null` = not scored.
 * @returns `reward`, `reward_std` (over the batch, n - 1), `frac_reward_zero_std`, `group/frac_mixed`, `group/reward_std`.
 *
 * @example
 * rewardMetrics([1, 0, 1, 1], { numGenerations: 2 });
 * // { reward: 0.75, reward_std: 0.5, frac_reward_zero_std: 0.5, 'group/frac_mixed': 0.5, 'group/reward_std': 0.3536 }
 */
export function rewardMetrics(
  rewards: ArrayLike<number | null>,
  options: Grouping,
): Record<string, number> {
  const groups = groupIndices('rewardMetrics', rewards.length, options);
  assertRewards('rewardMetrics', rewards);
  const all = scored(rewards, groups.flat());
  const spreads = groups
    .map((group) => standardDeviation(scored(rewards, group)))
    .filter((std) => !Number.isNaN(std));
  const flags = isStdZero(rewards, options);
  return {
    reward: mean(all),
    reward_std: standardDeviation(all),
    frac_reward_zero_std: mean(flags),
    'group/frac_mixed': spreads.filter((std) => std > ZERO_STD).length / (groups.length || 1),
    'group/reward_std': spreads.length > 0 ? mean(spreads) : 0,
  };
}
