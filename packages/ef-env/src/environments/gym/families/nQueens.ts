import type { Random } from '../../../base/random.ts';
import { type GymFamily, type GymItem, RIGHT, wrong } from '../core/gymFamily.ts';
import { gridText } from '../core/readGrid.ts';
import { readLiteral } from '../core/readLiteral.ts';

export interface NQueensData {
  puzzle: string[][];
  valid_answers: string[];
}

/** Board size and queens to place per level. */
const LEVELS = [
  { size: 5, removed: 1 },
  { size: 6, removed: 2 },
  { size: 8, removed: 3 },
  { size: 8, removed: 5 },
  { size: 10, removed: 6 },
] as const;

/** A solution as the column of each row's queen, found by backtracking in random order. */
function place(random: Random, size: number): number[] {
  const columns: number[] = [];
  const next = (): boolean => {
    if (columns.length === size) return true;
    for (const c of random.sample([...Array(size).keys()], size)) {
      if (columns.some((c2, r2) => c2 === c || Math.abs(c2 - c) === columns.length - r2)) continue;
      columns.push(c);
      if (next()) return true;
      columns.pop();
    }
    return false;
  };
  next();
  return columns;
}

function generate(random: Random, level: number): GymItem<NQueensData> {
  const { size, removed } = LEVELS[level]!;
  const columns = place(random, size);
  const board = columns.map((c) => Array.from({ length: size }, (_, i) => (i === c ? 'Q' : '_')));
  const answer = gridText(board);
  const puzzle = board.map((row) => [...row]);
  for (const r of random.sample([...Array(size).keys()], removed)) puzzle[r]!.fill('_');
  return {
    question: `Put ${removed} more queens (Q) on empty fields (_) of this ${size} by ${size} board so that no two queens share a row, a column or a diagonal:\n${gridText(puzzle)}\nAnswer with the whole board in the same format.`,
    answer,
    data: { puzzle, valid_answers: [answer] },
  };
}

function judgeBoard({ data }: GymItem<NQueensData>, answer: string): string | null {
  const size = data.puzzle.length;
  const board = answer
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  if (
    board.length !== size ||
    board.some((row) => row.length !== size || row.some((f) => f !== 'Q' && f !== '_'))
  ) {
    return `The answer is to be the ${size} by ${size} board of Q and _ and nothing else.`;
  }
  const queens: [number, number][] = [];
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      if (data.puzzle[r]![c] === 'Q' && board[r]![c] !== 'Q')
        return `The queen in row ${r + 1}, column ${c + 1} was taken away.`;
      if (board[r]![c] !== 'Q') continue;
      const hit = queens.find(
        ([r2, c2]) => r2 === r || c2 === c || Math.abs(r2 - r) === Math.abs(c2 - c),
      );
      if (hit !== undefined)
        return `The queens in row ${hit[0] + 1}, column ${hit[1] + 1} and row ${r + 1}, column ${c + 1} attack each other.`;
      queens.push([r, c]);
    }
  }
  return queens.length === size ? null : `There are ${queens.length} queens instead of ${size}.`;
}

/** Complete a board of queens. Every valid board is right. */
export const nQueens: GymFamily<NQueensData> = {
  name: 'n_queens',
  levels: 5 satisfies (typeof LEVELS)['length'], // a literal: else bundlers keep what is not used
  generate,
  judge: (item, answer) => {
    const mistake = judgeBoard(item, answer);
    return mistake === null ? RIGHT : wrong(mistake);
  },
  referenceScore: ({ data }, answer) => {
    if (answer === null) return 0;
    if (data.valid_answers.includes(answer)) return 1;
    const rows = readLiteral(answer);
    if (!Array.isArray(rows)) return 0;
    const cells = rows.map((row) => (typeof row === 'string' ? [...row] : row));
    if (!cells.every((row) => Array.isArray(row) && row.every((x) => typeof x === 'string')))
      return 0;
    return data.valid_answers.includes(gridText(cells as string[][])) ? 0.5 : 0; // just tested
  },
};
