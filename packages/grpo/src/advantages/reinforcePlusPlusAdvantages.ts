import { GROUPING, type Grouping, groupIndices } from '../base/assertGroups.ts';
import { assertFiniteTokens } from '../base/assertTokens.ts';
import { oneOf, share } from '../base/checks.ts';
import { hasSpread } from '../base/hasSpread.ts';
import type { Mask } from '../base/readMask.ts';
import { readOptions } from '../base/readOptions.ts';
import { readTokenData } from '../base/readTokenData.ts';
import { whiten } from './whiten.ts';

/** Token rewards and mask, flat `[B*T]`. */
export interface TokenRewards {
  /** `[B*T]`, reward received at each token; a sequence's score lies on its last *trained* token: others are not read. */
  tokenRewards: ArrayLike<number>;
  /** `[B*T]`, 1 on trained tokens. */
  completionMask: Mask;
  /** T. */
  sequenceLength: number;
}

export interface TokenReturnsOptions {
  /** Discount per trained token, 0 to 1. Default 1. */
  gamma?: number | undefined;
  /**
   * `'carry'`: a return passes masked tokens unchanged. `'reset'`: a masked token ends the run, and what lies behind it does not
   * reach earlier tokens: only to reproduce runs of verl before its PR 7300. Default `'carry'`.
   */
  maskedTokens?: 'carry' | 'reset' | undefined;
}

const checks = () => ({ gamma: share, maskedTokens: oneOf(['carry', 'reset']) });

/**
 * Discounted reward to go. It is carried through masked tokens unchanged, as if the sequence had none: the reward of the last
 * turn reaches the first one across the environment's answers (verl since its PR 7300).
 *
 *     G[t] = r[t] + gamma * G[next trained token after t]
 *
 * @returns `[B*T]`, 0 where masked (`'reset'`: where the run ends, what was left of it).
 * @throws {GrpoError} `shape` if the lengths do not fit, `not-finite` at a trained token, `option` for a gamma outside 0 to 1.
 *
 * @example
 * tokenReturns({ tokenRewards: [1, 2, 3], completionMask: [1, 1, 1], sequenceLength: 3 }, { gamma: 0.5 });
 * // Float64Array [2.75, 3.5, 3]
 * tokenReturns({ tokenRewards: [0, 0, 0, 1], completionMask: [1, 1, 0, 1], sequenceLength: 4 });
 * // Float64Array [1, 1, 0, 1]
 */
export function tokenReturns(data: TokenRewards, options: TokenReturnsOptions = {}): Float64Array {
  return returnsOf('tokenReturns', data, options).returns;
}

/** `tokenReturns` under the name of the function that was called, with its mask. */
export function returnsOf(
  where: string,
  data: TokenRewards,
  options: TokenReturnsOptions,
): { returns: Float64Array; mask: Uint8Array; rows: number } {
  const given = readOptions<TokenReturnsOptions>(where, options, { checks: checks() });
  const { gamma = 1, maskedTokens = 'carry' } = given;
  const { fields, mask, rows, size } = readTokenData(where, data, ['tokenRewards']);
  const { tokenRewards, sequenceLength } = fields;
  assertFiniteTokens(where, { tokenRewards }, { mask, layout: sequenceLength });
  const returns = new Float64Array(size);
  for (let row = 0; row < rows; row++) {
    let run = 0;
    for (let i = (row + 1) * sequenceLength - 1; i >= row * sequenceLength; i--) {
      if (mask[i] === 1) {
        run = tokenRewards[i]! + gamma * run;
        returns[i] = run;
      } else if (maskedTokens === 'reset') {
        returns[i] = gamma * run;
        run = 0;
      }
    }
  }
  return { returns, mask, rows };
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
  options: TokenReturnsOptions = {},
): Float64Array {
  const { returns, mask } = returnsOf('reinforcePlusPlusAdvantages', data, options);
  return whiten(returns, mask);
}

export type ReinforcePlusPlusBaselineOptions = Grouping & {
  /** A group of one has no baseline: its total stays as it is (`'raw'`, verl), or gives `'zero'`. Default `'raw'`. */
  lone?: 'zero' | 'raw' | undefined;
};

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
  options: ReinforcePlusPlusBaselineOptions,
): Float64Array {
  const where = 'reinforcePlusPlusBaselineAdvantages';
  const lones = oneOf(['zero', 'raw']);
  const { lone = 'raw', ...grouping } = readOptions<ReinforcePlusPlusBaselineOptions>(
    where,
    options,
    {
      checks: {
        ...GROUPING,
        lone: lones,
      },
    },
  );
  const { fields, mask, rows, size } = readTokenData(where, data, ['tokenRewards']);
  const { tokenRewards, sequenceLength } = fields;
  assertFiniteTokens(where, { tokenRewards }, { mask, layout: sequenceLength });
  const totals = new Float64Array(rows);
  for (let i = 0; i < size; i++) {
    if (mask[i] === 1) totals[Math.floor(i / sequenceLength)]! += tokenRewards[i]!;
  }
  const advantages = new Float64Array(size);
  for (const group of groupIndices(where, rows, grouping)) {
    const raw = group.length === 1 && lone === 'raw';
    if (!raw && !hasSpread(group.map((row) => totals[row]!))) continue; // whitening would blow rounding up
    const baseline = raw ? 0 : group.reduce((sum, row) => sum + totals[row]!, 0) / group.length;
    for (const row of group) {
      advantages.fill(totals[row]! - baseline, row * sequenceLength, (row + 1) * sequenceLength);
    }
  }
  return whiten(advantages, mask);
}
