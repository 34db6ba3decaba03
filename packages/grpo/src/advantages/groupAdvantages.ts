import { GROUPING, type Grouping, rewardGroups } from '../base/assertGroups.ts';
import { nonNegative, oneOf, wholeNumber } from '../base/checks.ts';
import type { Convention } from '../base/convention.ts';
import { hasSpread } from '../base/hasSpread.ts';
import { readOptions } from '../base/readOptions.ts';
import { mean, scored, standardDeviation } from '../base/statistics.ts';

export type GroupAdvantagesOptions = Grouping & {
  /** Divide by the std of the `'group'`, of the `'batch'`, or by 1 (`'none'`, Dr. GRPO). Default `'group'`. */
  scaleRewards?: 'group' | 'batch' | 'none' | undefined;
  /** Sets `ddof`, `eps` and `lone` to what that implementation does (see the README's table). Default `'trl'`. */
  convention?: Convention | undefined;
  /** The std divides by n - ddof. Default: the convention's (1; mlx 0). */
  ddof?: number | undefined;
  /** Added to the std. Default: the convention's (trl and mlx 1e-4, verl and skyrl 1e-6, openrlhf 1e-9). */
  eps?: number | undefined;
  /** A group with one scored completion gives `'zero'`, or its reward over 1 + eps (`'raw'`). Default: the convention's. */
  lone?: 'zero' | 'raw' | undefined;
};

interface Rule {
  ddof: number;
  eps: number;
  lone: 'zero' | 'raw';
}

/** Whose numbers a convention reproduces. */
export const ADVANTAGE_RULES: Record<Convention, Rule> = {
  trl: { ddof: 1, eps: 1e-4, lone: 'zero' },
  verl: { ddof: 1, eps: 1e-6, lone: 'raw' },
  skyrl: { ddof: 1, eps: 1e-6, lone: 'raw' },
  openrlhf: { ddof: 1, eps: 1e-9, lone: 'zero' },
  mlx: { ddof: 0, eps: 1e-4, lone: 'zero' },
};

const checks = () => ({
  ...GROUPING,
  scaleRewards: oneOf(['group', 'batch', 'none']),
  convention: oneOf(ADVANTAGE_RULES),
  ddof: wholeNumber,
  eps: nonNegative,
  lone: oneOf(['zero', 'raw']),
});

/**
 * Group-relative advantages: how much better each completion scored than its siblings.
 *
 *     A[p,g] = (R[p,g] - mean(R[p,:])) / (std(R[p,:]) + eps)      std: n - ddof
 *
 * A group whose rewards are all equal, but for rounding (1e-8, or 1e-12 of the largest), gives exactly 0: it carries no
 * gradient, whatever `eps`.
 *
 * @param rewards - `[P * G]`, prompt-major. `null` = not scored: left out of mean and std, advantage 0.
 * @returns `[P * G]`, same order, unitless. A new array; `rewards` is not modified.
 * @throws {GrpoError} `option` if `numGenerations` is not an integer >= 1, `shape` if it does not
 * divide `rewards.length`, `not-finite` if a reward is NaN or infinite, `unknown-name` for names we do not have, `missing`.
 *
 * @example
 * groupAdvantages([1, 0, 0, 1], { numGenerations: 4 });
 * // Float64Array [0.8659, -0.8659, -0.8659, 0.8659]
 *
 * @see Shao et al. 2024, DeepSeekMath: https://arxiv.org/abs/2402.03300
 * @see Liu et al. 2025, Dr. GRPO: https://arxiv.org/abs/2503.20783
 */
export function groupAdvantages(
  rewards: ArrayLike<number | null>,
  options: GroupAdvantagesOptions,
): Float64Array {
  const given = readOptions<GroupAdvantagesOptions>('groupAdvantages', options, {
    checks: checks(),
  });
  const { scaleRewards = 'group', convention = 'trl' } = given;
  const rule = ADVANTAGE_RULES[convention];
  const { ddof = rule.ddof, eps = rule.eps, lone = rule.lone } = given;
  const groups = rewardGroups('groupAdvantages', rewards, given);

  const batchStd = standardDeviation(scored(rewards, groups.flat()), ddof);
  const advantages = new Float64Array(rewards.length);
  for (const group of groups) {
    const values = scored(rewards, group);
    const raw = values.length === 1 && lone === 'raw';
    const centre = raw ? 0 : mean(values);
    const std = raw ? 1 : standardDeviation(values, ddof);
    if (!raw && !(hasSpread(values) && std > 0)) continue; // all equal, or a lone completion: no signal
    const scale = { group: std + eps, batch: raw ? 1 : batchStd + eps, none: 1 }[scaleRewards];
    for (const i of group) {
      const reward = rewards[i];
      if (reward !== null) advantages[i] = (reward! - centre) / scale;
    }
  }
  return advantages;
}
