import type { GymFamily } from '../core/gymFamily.ts';
import { type SudokuData, sudokuFamily } from '../core/sudokuFamily.ts';

/** 4 by 4 sudoku. Any grid that keeps the rules is right; the reference compares with its own solution. */
export const miniSudoku: GymFamily<SudokuData> = /* @__PURE__ */ sudokuFamily(
  'mini_sudoku',
  4,
  [4, 6, 8, 10],
);
