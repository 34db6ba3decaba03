import { GROUPING, type Grouping, rewardGroups } from '../base/assertGroups.ts';
import { nonNegative } from '../base/checks.ts';
import { hasSpread } from '../base/hasSpread.ts';
import { readOptions } from '../base/readOptions.ts';
import { mean, scored } from '../base/statistics.ts';

export type MaxRlAdvantagesOptions = Grouping & {
  /** Added to the mean. Default 0 (prime-rl); SkyRL 1e-6. */
  eps?: number | undefined;
};

const checks = () => ({ ...GROUPING, eps: nonNegative });

/**
 * Maximum-likelihood RL: the deviation in units of the group's success rate, so rare successes weigh more.
 *
 *     A[p,g] = (R[p,g] - mean(R[p,:])) / (mean(R[p,:]) + eps)        mean <= 0, or no spread, gives 0
 *
 * @param rewards - `[P * G]`, prompt-major, meant for rewards >= 0. `null` = not scored, advantage 0.
 * @returns `[P * G]`, unitless.
 * @throws {GrpoError} as `groupAdvantages`.
 *
 * @example
 * maxRlAdvantages([1, 0, 0, 0], { numGenerations: 4 }); // Float64Array [3, -1, -1, -1]
 *
 * @see Tajwar et al. 2026, Maximum Likelihood Reinforcement Learning: https://arxiv.org/abs/2602.02710
 */
export function maxRlAdvantages(
  rewards: ArrayLike<number | null>,
  options: MaxRlAdvantagesOptions,
): Float64Array {
  const given = readOptions<MaxRlAdvantagesOptions>('maxRlAdvantages', options, {
    checks: checks(),
  });
  const { eps = 0 } = given;
  const groups = rewardGroups('maxRlAdvantages', rewards, given);
  const advantages = new Float64Array(rewards.length);
  for (const group of groups) {
    const values = scored(rewards, group);
    const centre = mean(values);
    if (!(centre > 0 && hasSpread(values))) continue;
    for (const i of group) {
      const reward = rewards[i];
      if (reward !== null) advantages[i] = (reward! - centre) / (centre + eps);
    }
  }
  return advantages;
}
