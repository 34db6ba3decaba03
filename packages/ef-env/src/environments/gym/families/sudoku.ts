import type { GymFamily } from '../core/gymFamily.ts';
import { type SudokuData, sudokuFamily } from '../core/sudokuFamily.ts';

/** 9 by 9 sudoku. A part of the grid earns nothing; the reference pays 0.9 of the matching share. */
export const sudoku: GymFamily<SudokuData> = /* @__PURE__ */ sudokuFamily(
  'sudoku',
  9,
  [20, 30, 40, 48],
);
