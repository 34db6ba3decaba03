import { assertLength, placeOf } from './assertTokens.ts';
import { GrpoError } from './errors.ts';
import { shown } from './shown.ts';

/** A turn of a sequence, and its trained tokens. */
export interface TurnTokens {
  sequence: number;
  turn: number;
  tokens: number[];
}

/**
 * The turns with a trained token, by sequence and turn number.
 *
 * @param turns - `[B*T]`, turn number of each token, -1 = not written by the policy; not read where masked.
 * @throws {GrpoError} `missing`, `shape`; `option` for a turn number that is no integer >= -1.
 */
export function tokensOfTurns(
  where: string,
  turns: ArrayLike<number> | undefined,
  mask: Uint8Array,
  sequenceLength: number,
): TurnTokens[] {
  if (turns === undefined) {
    throw new GrpoError('missing', `${where}: needs turns, the turn number of each token.`);
  }
  assertLength(where, 'turns', turns, mask.length);
  const found: TurnTokens[] = [];
  for (let start = 0; start < mask.length; start += sequenceLength) {
    const ofRow = new Map<number, number[]>();
    for (let i = start; i < start + sequenceLength; i++) {
      const turn = turns[i]!;
      if (mask[i] === 0 || turn === -1) continue;
      if (!Number.isSafeInteger(turn) || turn < 0) {
        throw new GrpoError(
          'option',
          `${where}: turns must be integers >= -1, got ${shown(turn)} at ${placeOf(i, sequenceLength)}.`,
        );
      }
      const tokens = ofRow.get(turn);
      if (tokens) tokens.push(i);
      else ofRow.set(turn, [i]);
    }
    const sorted = [...ofRow].sort(([a], [b]) => a - b);
    for (const [turn, tokens] of sorted)
      found.push({ sequence: start / sequenceLength, turn, tokens });
  }
  return found;
}
