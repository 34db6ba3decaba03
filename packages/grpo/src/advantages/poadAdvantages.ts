import { assertFiniteTokens, assertLength, placeOf, rowsOf } from '../base/assertTokens.ts';
import { share } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { readFields, readOptions } from '../base/readOptions.ts';
import { DATA_FIELDS } from '../base/readTokenData.ts';
import { turnNumber } from './turnReturns.ts';

export interface PoadData {
  /** `[B*T]`, environment reward of each turn, placed on the turn's last token; other entries are not read. */
  tokenRewards: ArrayLike<number>;
  /** `[B*T]`, critic's value before each token. */
  values: ArrayLike<number>;
  /** `[B*T]`, turn number of each token, rising within a sequence; -1 = not written by the policy. */
  turns: ArrayLike<number>;
  /** T. */
  sequenceLength: number;
}

export interface PoadOptions {
  /** Discount between turns. Inside a turn nothing is discounted: that is what makes the decomposition exact. Default 1. */
  gamma?: number | undefined;
  /** Trade between bias and variance, per token. Default 1. */
  lambda?: number | undefined;
}

/**
 * Policy optimisation with action decomposition: Bellman backup with the token as the unit inside a turn and the turn as
 * the unit between turns.
 *
 *     inside a turn:      target[t] = V[t+1]                       (no reward, no discount)
 *     last token of turn: target[t] = r[turn] + gamma V[first token of the next turn]      (0 after the last turn)
 *     delta = target - V      A[t] = delta[t] + g lambda A[next]   g = 1 inside a turn, gamma between turns
 *
 * @returns `advantages` and `returns` (advantages + values), `[B*T]`, 0 on tokens of no turn.
 * @throws {GrpoError} `shape` if the lengths do not fit, `not-finite` at a token of a turn, `option` for turns that do not rise.
 *
 * @example
 * poadAdvantages(
 *   { tokenRewards: [0, 0, 0, 1], values: [0, 0, 0, 0], turns: [0, 0, 1, 1], sequenceLength: 4 },
 *   { gamma: 0.5 },
 * ).advantages; // Float64Array [0.5, 0.5, 1, 1]
 *
 * @see Wen et al. 2024, Reinforcing LLM Agents via Policy Optimization with Action Decomposition: https://arxiv.org/abs/2405.15821
 */
export function poadAdvantages(
  data: PoadData,
  options: PoadOptions = {},
): { advantages: Float64Array; returns: Float64Array } {
  const { gamma = 1, lambda = 1 } = readOptions<PoadOptions>('poadAdvantages', options, {
    checks: {
      gamma: share,
      lambda: share,
    },
  });
  const { tokenRewards, values, turns, sequenceLength, rows, last } = readPoad(data);
  const advantages = new Float64Array(tokenRewards.length);
  const returns = new Float64Array(tokenRewards.length);
  for (let row = 0; row < rows; row++) {
    let [nextValue, run] = [0, 0];
    for (let i = (row + 1) * sequenceLength - 1; i >= row * sequenceLength; i--) {
      if (turns[i]! < 0) continue;
      const discount = last[i] === 1 ? gamma : 1;
      const target = (last[i] === 1 ? tokenRewards[i]! : 0) + discount * nextValue;
      run = target - values[i]! + discount * lambda * run;
      advantages[i] = run;
      returns[i] = run + values[i]!;
      nextValue = values[i]!;
    }
  }
  return { advantages, returns };
}

/** The data after its checks, with the last token of every turn marked. */
function readPoad(data: PoadData): PoadData & { rows: number; last: Uint8Array } {
  const where = 'poadAdvantages';
  const fields = readFields<PoadData>(where, data, {
    what: 'data field',
    known: DATA_FIELDS,
    required: ['tokenRewards', 'values', 'turns', 'sequenceLength'],
  });
  const { tokenRewards, values, turns, sequenceLength } = fields;
  assertLength(where, { tokenRewards });
  const rows = rowsOf(where, tokenRewards.length, sequenceLength);
  assertLength(where, { values }, tokenRewards.length);
  assertLength(where, { turns }, tokenRewards.length);
  const own = new Uint8Array(turns.length);
  const last = new Uint8Array(turns.length);
  for (let row = 0; row < rows; row++) {
    let next = Infinity;
    for (let i = (row + 1) * sequenceLength - 1; i >= row * sequenceLength; i--) {
      turnNumber(where, `turns[${i}]`, turns[i]);
      if (turns[i] === -1) continue;
      if (turns[i]! > next) {
        throw new GrpoError(
          'option',
          `${where}: turns must rise within a sequence, but ${turns[i]} at ${placeOf(i, sequenceLength)} is followed by ${next}.`,
        );
      }
      own[i] = 1;
      if (turns[i] !== next) last[i] = 1;
      next = turns[i]!;
    }
  }
  assertFiniteTokens(where, { values }, { mask: own, layout: sequenceLength });
  assertFiniteTokens(where, { tokenRewards }, { mask: last, layout: sequenceLength });
  return { ...fields, rows, last };
}
