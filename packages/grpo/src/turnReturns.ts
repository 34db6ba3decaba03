import { GrpoError } from './errors.ts';

/**
 * Discounted reward to go over the turns of an episode.
 *
 *     G[k] = r[k] + gamma * G[k+1]
 *
 * @param turnRewards - one reward per turn of one episode.
 * @returns one return per turn.
 *
 * @example
 * turnReturns([0, 0, 1], { gamma: 0.5 }); // Float64Array [0.25, 0.5, 1]
 */
export function turnReturns(
  turnRewards: ArrayLike<number>,
  options: { gamma?: number } = {},
): Float64Array {
  const { gamma = 1 } = options;
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
 * @throws {GrpoError} `shape` if a token names a turn without a value.
 *
 * @example
 * broadcastTurns([0.5, 1], [0, 0, -1, 1]); // Float64Array [0.5, 0.5, 0, 1]
 */
export function broadcastTurns(
  turnValues: ArrayLike<number>,
  turns: ArrayLike<number>,
): Float64Array {
  return Float64Array.from(turns, (turn, token) => {
    if (turn < 0) return 0;
    const value = turnValues[turn];
    if (value === undefined) {
      throw new GrpoError(
        'shape',
        `broadcastTurns: token ${token} is of turn ${turn}, but there are ${turnValues.length} turn values.`,
      );
    }
    return value;
  });
}

/**
 * One value per sequence on every trained token of that sequence, 0 elsewhere: `[B]` to `[B*T]`.
 *
 * @throws {GrpoError} `shape` if the mask is not `values.length` rows of `sequenceLength`.
 *
 * @example
 * broadcastSequences([2, -1], [1, 1, 1, 0], { sequenceLength: 2 }); // Float64Array [2, 2, -1, 0]
 */
export function broadcastSequences(
  values: ArrayLike<number>,
  completionMask: ArrayLike<number>,
  options: { sequenceLength: number },
): Float64Array {
  const { sequenceLength } = options;
  if (completionMask.length !== values.length * sequenceLength) {
    throw new GrpoError(
      'shape',
      `broadcastSequences: ${values.length} sequences of ${sequenceLength} tokens need a mask of ` +
        `${values.length * sequenceLength} values, got ${completionMask.length}.`,
    );
  }
  return Float64Array.from(completionMask, (keep, i) =>
    keep === 0 ? 0 : values[Math.floor(i / sequenceLength)]!,
  );
}
