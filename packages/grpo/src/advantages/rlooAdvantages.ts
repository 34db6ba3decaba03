import { GROUPING, type Grouping, rewardGroups } from '../base/assertGroups.ts';
import { flag, oneOf, range } from '../base/checks.ts';
import { hasSpread } from '../base/hasSpread.ts';
import { readOptions } from '../base/readOptions.ts';
import { mean, scored, standardDeviation } from '../base/statistics.ts';

export type RlooAdvantagesOptions = Grouping & {
  /** A lone completion gives `'zero'` (TRL, SkyRL, verl's vectorised form) or its reward, `'raw'` (verl). Default `'zero'`. */
  lone?: 'zero' | 'raw' | undefined;
  /** Standardise over the batch afterwards: (A - mean) / (std + 1e-4). Default false. */
  normalizeAdvantages?: boolean | undefined;
  /** Rewards are clipped to `[low, high]` first. Default: not. */
  rewardClipRange?: readonly [number, number] | undefined;
};

const checks = () => ({
  ...GROUPING,
  lone: oneOf(['zero', 'raw']),
  normalizeAdvantages: flag,
  rewardClipRange: range,
});

/**
 * Leave-one-out baseline: each completion against the mean of its siblings.
 *
 *     A[p,g] = R[p,g] - mean(R[p,h], h != g)  =  (R[p,g] - mean(R[p,:])) * n / (n - 1)
 *
 * @param rewards - `[P * G]`, prompt-major. `null` = not scored: left out of the baseline, advantage 0.
 * @returns `[P * G]`, in units of the reward.
 * @throws {GrpoError} as `groupAdvantages`.
 *
 * @example
 * rlooAdvantages([6, 3], { numGenerations: 2 }); // Float64Array [3, -3]
 *
 * @see Ahmadian et al. 2024, Back to Basics: https://arxiv.org/abs/2402.14740
 */
export function rlooAdvantages(
  rewards: ArrayLike<number | null>,
  options: RlooAdvantagesOptions,
): Float64Array {
  const given = readOptions<RlooAdvantagesOptions>('rlooAdvantages', options, { checks: checks() });
  const { lone = 'zero', normalizeAdvantages = false, rewardClipRange } = given;
  const groups = rewardGroups('rlooAdvantages', rewards, given);
  const [low, high] = rewardClipRange ?? [-Infinity, Infinity];
  const clipped = Array.from(rewards, (r) =>
    r === null ? null : Math.min(high, Math.max(low, r)),
  );

  const advantages = new Float64Array(rewards.length);
  const live: number[] = []; // completions with a baseline
  for (const group of groups) {
    const values = scored(clipped, group);
    const centre = mean(values);
    const spread = hasSpread(values);
    for (const i of group) {
      const reward = clipped[i];
      if (reward === null || reward === undefined) continue;
      if (values.length === 1) {
        if (lone === 'raw') advantages[i] = reward;
        continue;
      }
      live.push(i);
      if (!spread) continue;
      advantages[i] = ((reward - centre) * values.length) / (values.length - 1);
    }
  }
  if (normalizeAdvantages) {
    const values = live.map((i) => advantages[i]!);
    const [centre, std] = [mean(values), standardDeviation(values)];
    const scale = hasSpread(values) ? 1 / (std + 1e-4) : 0;
    for (const i of live) advantages[i] = (advantages[i]! - centre) * scale;
  }
  return advantages;
}
