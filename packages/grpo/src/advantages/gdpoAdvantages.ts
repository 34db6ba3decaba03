import { GROUPING, type Grouping } from '../base/assertGroups.ts';
import { assertLength } from '../base/assertTokens.ts';
import { array, nonNegative } from '../base/checks.ts';
import { hasSpread } from '../base/hasSpread.ts';
import { readOptions } from '../base/readOptions.ts';
import { mean, standardDeviation } from '../base/statistics.ts';
import { combineRewards } from '../rewards/combineRewards.ts';
import { groupAdvantages } from './groupAdvantages.ts';

export type GdpoAdvantagesOptions = Grouping & {
  /** `[F]`, one weight per reward function. Default: all 1. */
  weights?: ArrayLike<number> | undefined;
  /** Added to each std. Default 1e-4 (TRL). */
  eps?: number | undefined;
};

const checks = () => ({ ...GROUPING, weights: array, eps: nonNegative });

/**
 * Several rewards, each normalised in its group before they are summed, so that no reward drowns another.
 *
 *     N[f,i] = (R[f,i] - mean_group) / (std_group + eps)     S[i] = sum_f w[f] N[f,i]
 *     A[i]   = (S[i] - mean_batch(S)) / (std_batch(S) + eps)
 *
 * TRL calls this `multi_objective_aggregation: 'normalize_then_sum'`.
 *
 * @param rewards - F arrays of `[P * G]`, prompt-major; `null` = that function does not apply.
 * @returns `[P * G]`; 0 where no function scored the completion, and everywhere if the sums differ by rounding only.
 * @throws {GrpoError} as `groupAdvantages` and `combineRewards`.
 *
 * @example
 * gdpoAdvantages([[1, 0, 0, 1], [10, 0, 0, 0]], { numGenerations: 4 });
 * // Float64Array [1.3321, -0.7690, -0.7690, 0.2060]
 *
 * @see Liu et al. 2026, GDPO: https://arxiv.org/abs/2601.05242
 */
export function gdpoAdvantages(
  rewards: ArrayLike<ArrayLike<number | null>>,
  options: GdpoAdvantagesOptions,
): Float64Array {
  const given = readOptions<GdpoAdvantagesOptions>('gdpoAdvantages', options, { checks: checks() });
  const { weights, eps = 1e-4, ...grouping } = given;
  assertLength('gdpoAdvantages', { rewards });
  const normalised = Array.from(rewards, (column) => {
    const advantages = groupAdvantages(column, { ...grouping, eps });
    return Array.from(column, (reward, i) => (reward === null ? null : advantages[i]!));
  });
  const sums = combineRewards(normalised, weights);
  const values = sums.filter((sum) => sum !== null);
  const [centre, std] = [mean(values), standardDeviation(values)];
  const spread = hasSpread(values);
  return Float64Array.from(sums, (sum) =>
    sum === null || !spread ? 0 : (sum - centre) / (std + eps),
  );
}
