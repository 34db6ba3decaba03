import { GROUPING, type Grouping, groupIndices } from '../base/assertGroups.ts';
import { flag, nonNegative, share } from '../base/checks.ts';
import { hasSpread } from '../base/hasSpread.ts';
import { readOptions } from '../base/readOptions.ts';
import { mean, standardDeviation } from '../base/statistics.ts';
import { returnsOf, type TokenRewards } from './reinforcePlusPlusAdvantages.ts';

export type RewardToGoAdvantagesOptions = Grouping & {
  /** Discount per trained token, 0 to 1. Default 1. */
  gamma?: number | undefined;
  /** Divide by the std of the group at that position (n - 1). Default false. */
  scale?: boolean | undefined;
  /** Added to the std. Default 1e-4. */
  eps?: number | undefined;
};

const checks = () => ({ ...GROUPING, gamma: share, scale: flag, eps: nonNegative });

/**
 * Token-level credit with a group baseline per position (span rewards, as in RLSF): what is still to come at token t,
 * against what comes at t in the siblings that reach t.
 *
 *     G: see `tokenReturns`        A[i,t] = G[i,t] - mean over siblings j with mask[j,t] of G[j,t]
 *
 * With the whole reward on the last token, all rows of one length and `gamma` 1 this is the group advantage
 * without scaling, on every token.
 *
 * @returns `[B*T]`, 0 where masked. A token whose siblings have all ended, or whose returns do not differ from theirs, gives 0.
 * @throws {GrpoError} as `tokenReturns` and `groupAdvantages`.
 *
 * @example
 * rewardToGoAdvantages(
 *   { tokenRewards: [0, 1, 0, 0], completionMask: [1, 1, 1, 1], sequenceLength: 2 },
 *   { numGenerations: 2 },
 * ); // Float64Array [0.5, 0.5, -0.5, -0.5]
 *
 * @see Jha et al. 2024, RLSF: https://arxiv.org/abs/2405.16661
 */
export function rewardToGoAdvantages(
  data: TokenRewards,
  options: RewardToGoAdvantagesOptions,
): Float64Array {
  const where = 'rewardToGoAdvantages';
  const given = readOptions<RewardToGoAdvantagesOptions>(where, options, { checks: checks() });
  const { gamma, scale = false, eps = 1e-4 } = given;
  const { returns, mask, rows } = returnsOf(where, data, { gamma });
  const { sequenceLength } = data;
  const advantages = new Float64Array(returns.length);
  for (const group of groupIndices(where, rows, given)) {
    for (let t = 0; t < sequenceLength; t++) {
      const tokens = group.map((row) => row * sequenceLength + t).filter((i) => mask[i] === 1);
      const values = tokens.map((i) => returns[i]!);
      const centre = mean(values);
      const divisor = scale ? standardDeviation(values) + eps : 1;
      if (!hasSpread(values)) continue;
      for (const i of tokens) advantages[i] = (returns[i]! - centre) / divisor;
    }
  }
  return advantages;
}
