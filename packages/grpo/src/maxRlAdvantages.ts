import { assertRewards, type Grouping, groupIndices } from './assertGroups.ts';
import { mean, scored } from './statistics.ts';

export type MaxRlAdvantagesOptions = Grouping & {
  /** Added to the mean. Default 0 (prime-rl); SkyRL 1e-6. */
  eps?: number | undefined;
};

/**
 * Maximum-likelihood RL: the deviation in units of the group's success rate, so rare successes weigh more.
 *
 *     A[p,g] = (R[p,g] - mean(R[p,:])) / (mean(R[p,:]) + eps)        mean <= 0 gives 0
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
  const { eps = 0 } = options;
  const groups = groupIndices('maxRlAdvantages', rewards.length, options);
  assertRewards('maxRlAdvantages', rewards);
  const advantages = new Float64Array(rewards.length);
  for (const group of groups) {
    const centre = mean(scored(rewards, group));
    if (!(centre > 0)) continue;
    for (const i of group) {
      const reward = rewards[i];
      if (reward !== null) advantages[i] = (reward! - centre) / (centre + eps);
    }
  }
  return advantages;
}
