import { GROUPING, type Grouping, rewardGroups } from '../base/assertGroups.ts';
import { flag, nonNegative } from '../base/checks.ts';
import { rewardTolerance } from '../base/hasSpread.ts';
import { readOptions } from '../base/readOptions.ts';
import { scored, standardDeviation } from '../base/statistics.ts';

export type TopTwoAdvantagesOptions = Grouping & {
  /** Divide by (std + eps), std with n - 1. Default true. */
  normalize?: boolean | undefined;
  /** Added to the std. Default 1e-6 (verl). */
  eps?: number | undefined;
};

const checks = () => ({ ...GROUPING, normalize: flag, eps: nonNegative });

/**
 * Only the best completion of a group learns, by its lead over the second best (verl's `grpo_passk`).
 *
 *     A[best] = (R_first - R_second) / (std + eps)        all others 0; a tie at the top gives 0
 *
 * @param rewards - `[P * G]`, prompt-major. `null` = not scored.
 * @returns `[P * G]`.
 * @throws {GrpoError} as `groupAdvantages`.
 *
 * @example
 * topTwoAdvantages([1, 0.5, 0, 0], { numGenerations: 4, normalize: false }); // Float64Array [0.5, 0, 0, 0]
 *
 * @see Tang et al. 2025, Optimizing Language Models for Inference Time Objectives: https://arxiv.org/abs/2503.19595
 */
export function topTwoAdvantages(
  rewards: ArrayLike<number | null>,
  options: TopTwoAdvantagesOptions,
): Float64Array {
  const given = readOptions<TopTwoAdvantagesOptions>('topTwoAdvantages', options, {
    checks: checks(),
  });
  const { normalize = true, eps = 1e-6 } = given;
  const groups = rewardGroups('topTwoAdvantages', rewards, given);
  const advantages = new Float64Array(rewards.length);
  for (const group of groups) {
    const values = scored(rewards, group);
    if (values.length < 2) continue;
    const [first, second] = [...values].sort((a, b) => b - a);
    const lead = first! - second!;
    if (lead <= rewardTolerance(values)) continue;
    const best = group.find((i) => rewards[i] === first)!; // first is one of them
    advantages[best] = normalize ? lead / (standardDeviation(values) + eps) : lead;
  }
  return advantages;
}
