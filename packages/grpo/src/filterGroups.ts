import { assertRewards, type Grouping, groupIndices } from './assertGroups.ts';
import { scored } from './statistics.ts';

export interface FilterGroupsResult {
  /** Completions of the kept groups, in order. */
  kept: Int32Array;
  /** Kept groups, in order of appearance. */
  keptGroups: Int32Array;
  /** Kept completions / all: the factor that keeps the loss on the scale of the whole batch. */
  fraction: number;
}

/**
 * Dynamic sampling: drops groups whose scored rewards are all equal, because their advantages are 0.
 * Sample further prompts until enough groups are kept, or scale the loss by `fraction`.
 *
 * @param rewards - `[P * G]`, prompt-major; `null` = not scored.
 * @throws {GrpoError} as `groupAdvantages`.
 *
 * @example
 * filterGroups([1, 1, 0, 1], { numGenerations: 2 });
 * // { kept: Int32Array [2, 3], keptGroups: Int32Array [1], fraction: 0.5 }
 *
 * @see Yu et al. 2025, DAPO: https://arxiv.org/abs/2503.14476
 */
export function filterGroups(
  rewards: ArrayLike<number | null>,
  options: Grouping,
): FilterGroupsResult {
  const groups = groupIndices('filterGroups', rewards.length, options);
  assertRewards('filterGroups', rewards);
  const kept: number[] = [];
  const keptGroups: number[] = [];
  groups.forEach((group, index) => {
    const values = scored(rewards, group);
    if (values.every((value) => value === values[0])) return;
    keptGroups.push(index);
    kept.push(...group);
  });
  kept.sort((a, b) => a - b);
  return {
    kept: Int32Array.from(kept),
    keptGroups: Int32Array.from(keptGroups),
    fraction: kept.length / (rewards.length || 1),
  };
}
