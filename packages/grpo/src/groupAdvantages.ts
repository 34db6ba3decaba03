import { assertRewards, type Grouping, groupIndices } from './assertGroups.ts';
import type { Convention } from './convention.ts';
import { lookUp } from './lookUp.ts';
import { mean, scored, standardDeviation } from './statistics.ts';

export type GroupAdvantagesOptions = Grouping & {
  /** Divide by the std of the `'group'`, of the `'batch'`, or by 1 (`'none'`, Dr. GRPO). Default `'group'`. */
  scaleRewards?: 'group' | 'batch' | 'none' | undefined;
  /** Sets `ddof`, `eps` and `lone` to what that implementation does (see the README's table). Default `'trl'`. */
  convention?: Convention | undefined;
  /** The std divides by n - ddof. Default: the convention's (1; mlx 0). */
  ddof?: number | undefined;
  /** Added to the std. Default: the convention's (trl and mlx 1e-4, verl and skyrl 1e-6, openrlhf 1e-9). */
  eps?: number | undefined;
  /** A group with one scored completion gives `'zero'`, or its reward unchanged (`'raw'`). Default: the convention's. */
  lone?: 'zero' | 'raw' | undefined;
};

interface Rule {
  ddof: number;
  eps: number;
  lone: 'zero' | 'raw';
}

const CONVENTIONS: Record<Convention, Rule> = {
  trl: { ddof: 1, eps: 1e-4, lone: 'zero' },
  verl: { ddof: 1, eps: 1e-6, lone: 'raw' },
  skyrl: { ddof: 1, eps: 1e-6, lone: 'raw' },
  openrlhf: { ddof: 1, eps: 1e-9, lone: 'zero' },
  mlx: { ddof: 0, eps: 1e-4, lone: 'zero' },
};

/**
 * Group-relative advantages: how much better each completion scored than its siblings.
 *
 *     A[p,g] = (R[p,g] - mean(R[p,:])) / (std(R[p,:]) + eps)      std: n - ddof
 *
 * A group whose rewards are all equal gives exactly 0: it carries no gradient.
 *
 * @param rewards - `[P * G]`, prompt-major. `null` = not scored: left out of mean and std, advantage 0.
 * @returns `[P * G]`, same order, unitless. A new array; `rewards` is not modified.
 * @throws {GrpoError} `option` if `numGenerations` is not an integer >= 1, `shape` if it does not
 * divide `rewards.length`, `not-finite` if a reward is NaN or infinite.
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
  const { scaleRewards = 'group', convention = 'trl' } = options;
  const rule = lookUp('groupAdvantages', 'convention', CONVENTIONS, convention);
  const { ddof = rule.ddof, eps = rule.eps, lone = rule.lone } = options;
  const groups = groupIndices('groupAdvantages', rewards.length, options);
  assertRewards('groupAdvantages', rewards);

  const batchStd = standardDeviation(scored(rewards, groups.flat()), ddof);
  const advantages = new Float64Array(rewards.length);
  for (const group of groups) {
    const values = scored(rewards, group);
    const raw = values.length === 1 && lone === 'raw';
    const centre = raw ? 0 : mean(values);
    const std = raw ? 1 : standardDeviation(values, ddof);
    if (!(std > 0)) continue; // all equal, or a lone completion: no signal
    const scales = { group: std + eps, batch: batchStd + eps, none: 1 };
    const scale =
      raw && scaleRewards === 'batch'
        ? 1
        : lookUp('groupAdvantages', 'scaleRewards', scales, scaleRewards);
    for (const i of group) {
      const reward = rewards[i];
      if (reward !== null) advantages[i] = (reward! - centre) / scale;
    }
  }
  return advantages;
}
