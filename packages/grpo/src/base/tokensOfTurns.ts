import { assertLength, placeOf } from './assertTokens.ts';
import { GrpoError } from './errors.ts';
import { shown } from './shown.ts';
import type { TokenRows } from './tokenRows.ts';

/** A turn of a sequence, and its trained tokens. */
export interface TurnTokens {
  sequence: number;
  turn: number;
  tokens: number[];
}

/**
 * The turns with a trained token, by sequence and turn number.
 *
 * @param turns - turn number of each token, -1 = not written by the policy; not read where masked.
 * @throws {GrpoError} `missing`, `shape`; `option` for a turn number that is no integer >= -1.
 */
export function tokensOfTurns(
  where: string,
  turns: ArrayLike<number> | undefined,
  { rows, starts, mask, trained, trainedStarts }: TokenRows,
): TurnTokens[] {
  if (turns === undefined) {
    throw new GrpoError('missing', `${where}: needs turns, the turn number of each token.`);
  }
  assertLength(where, { turns }, mask.length);
  const found: TurnTokens[] = [];
  for (let row = 0; row < rows; row++) {
    const ofRow = new Map<number, number[]>();
    for (let k = trainedStarts[row]!; k < trainedStarts[row + 1]!; k++) {
      const i = trained[k]!;
      const turn = turns[i]!;
      if (turn === -1) continue;
      if (!Number.isSafeInteger(turn) || turn < 0) {
        throw new GrpoError(
          'option',
          `${where}: turns must be integers >= -1, got ${shown(turn)} at ${placeOf(i, starts)}.`,
        );
      }
      const tokens = ofRow.get(turn);
      if (tokens) tokens.push(i);
      else ofRow.set(turn, [i]);
    }
    const sorted = [...ofRow].sort(([a], [b]) => a - b);
    for (const [turn, tokens] of sorted) found.push({ sequence: row, turn, tokens });
  }
  return found;
}
