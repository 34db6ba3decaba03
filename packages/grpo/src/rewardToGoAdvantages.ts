import { type Grouping, groupIndices } from './assertGroups.ts';
import { rowsOf } from './assertTokens.ts';
import { type TokenRewards, tokenReturns } from './reinforcePlusPlusAdvantages.ts';
import { mean, standardDeviation } from './statistics.ts';

export type RewardToGoAdvantagesOptions = Grouping & {
  /** Discount per token. Default 1. */
  gamma?: number | undefined;
  /** Divide by the std of the group at that position (n - 1). Default false. */
  scale?: boolean | undefined;
  /** Added to the std. Default 1e-4. */
  eps?: number | undefined;
};

/**
 * Token-level credit with a group baseline per position (span rewards, as in RLSF): what is still to come at token t,
 * against what comes at t in the siblings that reach t.
 *
 *     G[i,t] = r[i,t] + gamma G[i,t+1]        A[i,t] = G[i,t] - mean over siblings j with mask[j,t] of G[j,t]
 *
 * With the whole reward on the last token, all rows of one length and `gamma` 1 this is the group advantage
 * without scaling, on every token.
 *
 * @returns `[B*T]`, 0 where masked. A token whose siblings have all ended gives 0.
 * @throws {GrpoError} `shape` or `option` as `groupAdvantages`.
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
  const { gamma = 1, scale = false, eps = 1e-4 } = options;
  const { completionMask, sequenceLength } = data;
  const returns = tokenReturns(data, { gamma });
  const rows = rowsOf('rewardToGoAdvantages', returns.length, sequenceLength);
  const advantages = new Float64Array(returns.length);
  for (const group of groupIndices('rewardToGoAdvantages', rows, options)) {
    for (let t = 0; t < sequenceLength; t++) {
      const tokens = group
        .map((row) => row * sequenceLength + t)
        .filter((i) => completionMask[i] !== 0);
      const values = tokens.map((i) => returns[i]!);
      const centre = mean(values);
      const divisor = scale ? standardDeviation(values) + eps : 1;
      if (values.length < 2) continue;
      for (const i of tokens) advantages[i] = (returns[i]! - centre) / divisor;
    }
  }
  return advantages;
}
