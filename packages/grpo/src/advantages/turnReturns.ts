import { assertFiniteTokens, assertLength, notFinite } from '../base/assertTokens.ts';
import { type Check, count, mustBe, share } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { type Mask, readMask } from '../base/readMask.ts';
import { readOptions } from '../base/readOptions.ts';
import { trainedRows } from '../base/readTokenData.ts';
import { shown } from '../base/shown.ts';

/** A turn, or -1 for a token that the policy did not write. */
export const turnNumber: Check = (where, name, turn) => {
  if (Number.isInteger(turn) && (turn as number) >= -1) return;
  throw mustBe(`${where}: ${name}`, 'a turn number, or -1', turn);
};

/**
 * Discounted reward to go over the turns of an episode.
 *
 *     G[k] = r[k] + gamma * G[k+1]
 *
 * @param turnRewards - one reward per turn of one episode.
 * @param options - `gamma`, the discount per turn, 0 to 1. Default 1.
 * @returns one return per turn.
 * @throws {GrpoError} `not-finite` at a reward, `option` for a gamma outside 0 to 1.
 *
 * @example
 * turnReturns([0, 0, 1], { gamma: 0.5 }); // Float64Array [0.25, 0.5, 1]
 */
export function turnReturns(
  turnRewards: ArrayLike<number>,
  options: { gamma?: number | undefined } = {},
): Float64Array {
  const { gamma = 1 } = readOptions<{ gamma?: number | undefined }>('turnReturns', options, {
    checks: {
      gamma: share,
    },
  });
  assertLength('turnReturns', { turnRewards });
  assertFiniteTokens('turnReturns', { turnRewards });
  const returns = new Float64Array(turnRewards.length);
  let run = 0;
  for (let turn = turnRewards.length - 1; turn >= 0; turn--) {
    run = turnRewards[turn]! + gamma * run;
    returns[turn] = run;
  }
  return returns;
}

/**
 * One value per turn on every token of that turn; 0 on tokens the policy did not write.
 *
 * @param turnValues - one value per turn. @param turns - turn number of each token, -1 = not the policy's.
 * @throws {GrpoError} `shape` if a token names a turn without a value, `not-finite` if that value is none, `option` for a
 * turn that is no whole number.
 *
 * @example
 * broadcastTurns([0.5, 1], [0, 0, -1, 1]); // Float64Array [0.5, 0.5, 0, 1]
 */
export function broadcastTurns(
  turnValues: ArrayLike<number>,
  turns: ArrayLike<number>,
): Float64Array {
  assertLength('broadcastTurns', { turnValues });
  assertLength('broadcastTurns', { turns });
  return Float64Array.from(turns, (turn, token) => {
    turnNumber('broadcastTurns', `turns[${token}]`, turn);
    if (turn === -1) return 0;
    const value = turnValues[turn]!;
    if (turn >= turnValues.length) {
      throw new GrpoError(
        'shape',
        `broadcastTurns: token ${token} is of turn ${turn}, but there are ${turnValues.length} turn values.`,
      );
    }
    if (!Number.isFinite(value)) {
      throw notFinite(`broadcastTurns: the value of turn ${turn} is ${shown(value)}`, token);
    }
    return value;
  });
}

/**
 * One value per sequence on every trained token of that sequence, 0 elsewhere: `[B]` to `[B*T]`.
 *
 * @throws {GrpoError} `shape` if the mask is not `values.length` rows of `sequenceLength`, `not-finite` at the value of a row
 * with a trained token.
 *
 * @example
 * broadcastSequences([2, -1], [1, 1, 1, 0], { sequenceLength: 2 }); // Float64Array [2, 2, -1, 0]
 */
export function broadcastSequences(
  values: ArrayLike<number>,
  completionMask: Mask,
  options: { sequenceLength: number },
): Float64Array {
  const where = 'broadcastSequences';
  const checks = { sequenceLength: count };
  const { sequenceLength } = readOptions<{ sequenceLength: number }>(where, options, {
    checks,
    required: ['sequenceLength'],
  });
  assertLength(where, { values });
  assertLength(where, { completionMask });
  if (completionMask.length !== values.length * sequenceLength) {
    throw new GrpoError(
      'shape',
      `broadcastSequences: ${values.length} sequences of ${sequenceLength} tokens need a mask of ` +
        `${values.length * sequenceLength} values, got ${completionMask.length}.`,
    );
  }
  const mask = readMask(
    where,
    { completionMask },
    { length: completionMask.length, layout: sequenceLength },
  );
  assertFiniteTokens(where, { values }, { mask: trainedRows(mask, sequenceLength), layout: 1 });
  return Float64Array.from(mask, (keep, i) =>
    keep === 0 ? 0 : values[Math.floor(i / sequenceLength)]!,
  );
}
