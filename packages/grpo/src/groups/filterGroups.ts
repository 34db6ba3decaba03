import { ADVANTAGE_RULES } from '../advantages/groupAdvantages.ts';
import { GROUPING, type Grouping, rewardGroups } from '../base/assertGroups.ts';
import { assertLength } from '../base/assertTokens.ts';
import { array, oneOf, wholeNumber } from '../base/checks.ts';
import type { Convention } from '../base/convention.ts';
import { hasSpread } from '../base/hasSpread.ts';
import { readOptions } from '../base/readOptions.ts';
import { scored } from '../base/statistics.ts';

export type FilterGroupsOptions = Grouping & {
  /** `[P * G]`, trained tokens of each completion: asks for `tokenFraction` and `liveFraction`. */
  lengths?: ArrayLike<number> | undefined;
  /** That of the advantages, which decides what a lone scored completion is worth. Default `'trl'`: nothing. */
  convention?: Convention | undefined;
  /** A group with one scored completion has no signal (`'zero'`), or its reward is one (`'raw'`). Default: the convention's. */
  lone?: 'zero' | 'raw' | undefined;
};

export interface FilterGroupsResult {
  /** Completions of the kept groups, in order. */
  kept: Int32Array;
  /** Kept groups, in order of appearance. */
  keptGroups: Int32Array;
  /** Kept completions / all: the factor for means over all rows (`grpo`, `dr_grpo`, `gspo`, `luspo`, `sapo`, `gmpo`). */
  fraction: number;
  /** Kept tokens / all: the factor for means over tokens (`dapo`, `cispo`, `ppo` and most others). Only with `lengths`. */
  tokenFraction?: number;
  /** Kept rows with a token / all of them: the factor for means over such rows (`seq-mean-token-mean` and its like). Only with `lengths`. */
  liveFraction?: number;
}

const checks = () => ({
  ...GROUPING,
  lengths: array,
  convention: oneOf(ADVANTAGE_RULES),
  lone: oneOf(['zero', 'raw']),
});

/**
 * Dynamic sampling: drops groups whose scored rewards do not differ, because their advantages are 0.
 * Sample further prompts until enough groups are kept, or keep the loss on the scale of the whole batch: give it the whole
 * batch's totals (`stepTotals` of all rows), or multiply the loss of the kept rows by the fraction of its mean.
 *
 * Dropped rows take their KL with them: with `beta` above 0, or `klTau`, the kept rows alone are pulled to the reference. Keep
 * all rows where that pull is wanted everywhere: without spread their advantages are 0, and only the KL is left of their loss.
 *
 * @param rewards - `[P * G]`, prompt-major; `null` = not scored.
 * @throws {GrpoError} as `groupAdvantages`; `option` for a length that is no whole number.
 *
 * @example
 * filterGroups([1, 1, 0, 1], { numGenerations: 2 });
 * // { kept: Int32Array [2, 3], keptGroups: Int32Array [1], fraction: 0.5 }
 * filterGroups([1, 1, 0, 1], { numGenerations: 2, lengths: [30, 30, 3, 3] }).tokenFraction; // 0.0909
 *
 * @see Yu et al. 2025, DAPO: https://arxiv.org/abs/2503.14476
 */
export function filterGroups(
  rewards: ArrayLike<number | null>,
  options: FilterGroupsOptions,
): FilterGroupsResult {
  const given = readOptions<FilterGroupsOptions>('filterGroups', options, { checks: checks() });
  const { lengths, convention = 'trl' } = given;
  const { lone = ADVANTAGE_RULES[convention].lone } = given;
  const groups = rewardGroups('filterGroups', rewards, given);
  const keep = new Uint8Array(rewards.length);
  const keptGroups: number[] = [];
  groups.forEach((group, index) => {
    const values = scored(rewards, group);
    const signal = values.length === 1 ? lone === 'raw' : hasSpread(values);
    if (!signal) return;
    keptGroups.push(index);
    for (const i of group) keep[i] = 1;
  });
  const shareOf = (weight: (i: number) => number) => {
    let [kept, all] = [0, 0];
    for (let i = 0; i < keep.length; i++) {
      all += weight(i);
      kept += keep[i]! * weight(i);
    }
    return kept / (all || 1);
  };
  return {
    kept: Int32Array.from(keep.keys()).filter((i) => keep[i] === 1),
    keptGroups: Int32Array.from(keptGroups),
    fraction: shareOf(() => 1),
    ...(lengths && lengthFractions(lengths, rewards.length, shareOf)),
  };
}

function lengthFractions(
  lengths: ArrayLike<number>,
  size: number,
  shareOf: (weight: (i: number) => number) => number,
): { tokenFraction: number; liveFraction: number } {
  assertLength('filterGroups', { lengths }, size);
  for (let i = 0; i < size; i++) wholeNumber('filterGroups', `lengths[${i}]`, lengths[i]);
  return {
    tokenFraction: shareOf((i) => lengths[i]!),
    liveFraction: shareOf((i) => (lengths[i]! > 0 ? 1 : 0)),
  };
}
