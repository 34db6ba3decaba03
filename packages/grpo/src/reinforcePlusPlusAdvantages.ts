import { type Grouping, groupIndices } from './assertGroups.ts';
import { assertLength, rowsOf } from './assertTokens.ts';
import { whiten } from './whiten.ts';

/** Token rewards and mask, flat `[B*T]`. */
export interface TokenRewards {
  /** `[B*T]`, reward received at each token; a sequence's score lies on its last token. */
  tokenRewards: ArrayLike<number>;
  /** `[B*T]`, 1 on trained tokens. */
  completionMask: ArrayLike<number>;
  /** T. */
  sequenceLength: number;
}

/**
 * Discounted reward to go. A masked-out token ends the run: what lies behind it does not reach earlier tokens.
 *
 *     G[t] = r[t] + gamma * mask[t+1] * G[t+1]
 *
 * @returns `[B*T]`.
 * @throws {GrpoError} `shape` if the lengths do not fit.
 *
 * @example
 * tokenReturns({ tokenRewards: [1, 2, 3], completionMask: [1, 1, 1], sequenceLength: 3 }, { gamma: 0.5 });
 * // Float64Array [2.75, 3.5, 3]
 */
export function tokenReturns(data: TokenRewards, options: { gamma?: number } = {}): Float64Array {
  const { tokenRewards, completionMask, sequenceLength } = data;
  const { gamma = 1 } = options;
  const rows = rowsOf('tokenReturns', tokenRewards.length, sequenceLength);
  assertLength('tokenReturns', 'completionMask', completionMask, tokenRewards.length);
  const returns = new Float64Array(tokenRewards.length);
  for (let row = 0; row < rows; row++) {
    let run = 0;
    for (let i = (row + 1) * sequenceLength - 1; i >= row * sequenceLength; i--) {
      run = tokenRewards[i]! + gamma * run;
      returns[i] = run;
      if (completionMask[i] === 0) run = 0;
    }
  }
  return returns;
}

/**
 * REINFORCE++: token returns, standardised over all trained tokens of the batch.
 *
 * @returns `[B*T]`, 0 where masked.
 * @throws {GrpoError} as `tokenReturns`.
 *
 * @example
 * reinforcePlusPlusAdvantages({ tokenRewards: [0, 1, 0, -1], completionMask: [1, 1, 1, 1], sequenceLength: 2 });
 * // Float64Array [0.866, 0.866, -0.866, -0.866]
 *
 * @see Hu 2025, REINFORCE++: https://arxiv.org/abs/2501.03262
 */
export function reinforcePlusPlusAdvantages(
  data: TokenRewards,
  options: { gamma?: number } = {},
): Float64Array {
  return whiten(tokenReturns(data, options), data.completionMask);
}

/**
 * REINFORCE++ with a group baseline: a sequence's total reward minus its group's mean, on every trained token,
 * then standardised over the batch.
 *
 * @returns `[B*T]`, 0 where masked.
 * @throws {GrpoError} as `tokenReturns`; `option` or `shape` for groups that do not fit.
 *
 * @example
 * reinforcePlusPlusBaselineAdvantages(
 *   { tokenRewards: [0, 1, 0, 0], completionMask: [1, 1, 1, 1], sequenceLength: 2 },
 *   { numGenerations: 2 },
 * ); // Float64Array [0.866, 0.866, -0.866, -0.866]
 */
export function reinforcePlusPlusBaselineAdvantages(
  data: TokenRewards,
  options: Grouping,
): Float64Array {
  const { tokenRewards, completionMask, sequenceLength } = data;
  const rows = rowsOf('reinforcePlusPlusBaselineAdvantages', tokenRewards.length, sequenceLength);
  const totals = new Float64Array(rows);
  for (let i = 0; i < tokenRewards.length; i++) {
    totals[Math.floor(i / sequenceLength)]! += tokenRewards[i]!;
  }
  const advantages = new Float64Array(tokenRewards.length);
  for (const group of groupIndices('reinforcePlusPlusBaselineAdvantages', rows, options)) {
    const baseline = group.reduce((sum, row) => sum + totals[row]!, 0) / group.length;
    for (const row of group) {
      advantages.fill(totals[row]! - baseline, row * sequenceLength, (row + 1) * sequenceLength);
    }
  }
  return whiten(advantages, completionMask);
}
