import { assertFiniteTokens, assertLength, placeOf, rowsOf } from '../base/assertTokens.ts';
import { GrpoError } from '../base/errors.ts';
import { readFields } from '../base/readOptions.ts';
import { DATA_FIELDS } from '../base/readTokenData.ts';
import { turnNumber } from './turnReturns.ts';

/** Tokens of turns with a critic's values: what a backup over both reads. */
export interface TurnBackupData {
  /** `[B*T]`, environment reward of each turn, placed on the turn's last token; other entries are not read. */
  tokenRewards: ArrayLike<number>;
  /** `[B*T]`, critic's value before each token. */
  values: ArrayLike<number>;
  /** `[B*T]`, turn number of each token, rising within a sequence; -1 = not written by the policy. */
  turns: ArrayLike<number>;
  /** T. */
  sequenceLength: number;
}

/** The data after its checks. */
export interface TurnBackup extends TurnBackupData {
  rows: number;
  /** `[B*T]`, 1 on the last token of every turn. */
  last: Uint8Array;
}

/** What the backup makes of one token of a turn. */
export interface BackedUp {
  /** Its place in `[B*T]`. */
  i: number;
  /** 1 inside a turn, gamma behind its last token. */
  discount: number;
  /** V of the next token inside a turn; r + gamma V of the next turn's first token behind it, 0 after the last turn. */
  target: number;
}

/** Tokens of turns from the last to the first, row by row, each with what it is to be worth. */
export function* backedUp(
  { tokenRewards, values, turns, sequenceLength, last }: TurnBackup,
  { row, gamma }: { row: number; gamma: number },
): Generator<BackedUp> {
  let nextValue = 0;
  for (let i = (row + 1) * sequenceLength - 1; i >= row * sequenceLength; i--) {
    if (turns[i]! < 0) continue;
    const discount = last[i] === 1 ? gamma : 1;
    const reward = last[i] === 1 ? tokenRewards[i]! : 0;
    yield { i, discount, target: reward + discount * nextValue };
    nextValue = values[i]!;
  }
}

/** @throws {GrpoError} `shape`; `not-finite` at a token of a turn; `option` for turns that do not rise. */
export function readTurnBackup(where: string, data: TurnBackupData): TurnBackup {
  const fields = readFields<TurnBackupData>(where, data, {
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
