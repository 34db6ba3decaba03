import type { Random } from '../../../base/random.ts';
import { length } from './containsScore.ts';
import { type GymFamily, type GymItem, RIGHT, wrong } from './gymFamily.ts';
import { gridText, readGrid } from './readGrid.ts';

export interface SudokuData {
  /** 0 = empty. */
  puzzle: number[][];
  solution: number[][];
}

/** A sudoku of `size` 4 or 9; `empty[level]` cells are blank. */
export function sudokuFamily(
  name: string,
  size: 4 | 9,
  empty: readonly number[],
): GymFamily<SudokuData> {
  return {
    name,
    levels: empty.length,
    generate: (random, level) => generate(random, size, empty[level]!),
    judge: ({ data }, answer) => {
      const grid = readGrid(
        /^[\d\s]*$/.test(answer) && !/\d\s*[ \t]\s*\d/.test(answer)
          ? answer.replace(/(\d)(?=\d)/g, '$1 ')
          : answer,
      );
      if (grid === null || grid.length !== size || grid.some((row) => row.length !== size)) {
        return wrong(`The answer is to be a ${size} by ${size} grid of numbers and nothing else.`);
      }
      const mistake = ruleMistake(grid, data.puzzle);
      return mistake === null ? RIGHT : wrong(mistake);
    },
    referenceScore,
  };
}

/**
 * The first cell that breaks a rule, in reading order: out of range, a given changed, or a number that its row,
 * column or box has among the givens or the cells before.
 */
function ruleMistake(grid: number[][], puzzle: number[][]): string | null {
  const size = puzzle.length;
  const box = Math.sqrt(size);
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      const value = grid[r]![c]!;
      const given = puzzle[r]![c]!;
      const place = `Row ${r + 1}, column ${c + 1}`;
      if (value < 1 || value > size) return `${place}: ${value} is not a number from 1 to ${size}.`;
      if (given !== 0 && given !== value)
        return `${place}: the given ${given} was changed to ${value}.`;
      if (given !== 0) continue; // it was there first
      for (let cell = 0; cell < size * size; cell++) {
        const [r2, c2] = [Math.floor(cell / size), cell % size];
        const earlier = cell < r * size + c || puzzle[r2]![c2] !== 0;
        if (grid[r2]![c2] !== value || !earlier) continue;
        if (r2 === r) return `${place}: row ${r + 1} has the ${value} twice.`;
        if (c2 === c) return `${place}: column ${c + 1} has the ${value} twice.`;
        if (
          Math.floor(r2 / box) === Math.floor(r / box) &&
          Math.floor(c2 / box) === Math.floor(c / box)
        ) {
          return `${place}: its ${box} by ${box} box has the ${value} twice.`;
        }
      }
    }
  }
  return null;
}

function generate(random: Random, size: number, empty: number): GymItem<SudokuData> {
  const box = Math.sqrt(size);
  // a shifted pattern with symbols, rows and columns shuffled inside their bands is a valid grid
  const shuffle = (): number[] => {
    const bands = random.sample([...Array(box).keys()], box);
    return bands.flatMap((band) =>
      random.sample([...Array(box).keys()], box).map((i) => band * box + i),
    );
  };
  const symbols = random.sample([...Array(size).keys()], size).map((n) => n + 1);
  const [rows, columns] = [shuffle(), shuffle()];
  const solution = rows.map((r) =>
    columns.map((c) => symbols[(box * (r % box) + Math.floor(r / box) + c) % size]!),
  );
  const puzzle = solution.map((row) => [...row]);
  let left = empty;
  for (const cell of random.sample([...Array(size * size).keys()], size * size)) {
    if (left === 0) break;
    const [r, c] = [Math.floor(cell / size), cell % size];
    const value = puzzle[r]![c]!;
    puzzle[r]![c] = 0;
    if (solutions(puzzle, 2) === 1) left -= 1;
    else puzzle[r]![c] = value;
  }
  const shown = gridText(puzzle.map((row) => row.map((n) => (n === 0 ? '_' : n))));
  return {
    question: `Fill the grid so that every row, every column and every ${box} by ${box} box has each number from 1 to ${size} once.\n${shown}\nAnswer with the full grid: numbers separated by spaces, one row per line.`,
    answer: gridText(solution),
    data: { puzzle, solution },
  };
}

/** How many solutions there are, counted up to `limit`; the emptiest choice is tried first. */
function solutions(puzzle: number[][], limit: number): number {
  const size = puzzle.length;
  let best: { r: number; c: number; options: number[] } | null = null;
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      if (puzzle[r]![c] !== 0) continue;
      const options: number[] = [];
      for (let n = 1; n <= size; n++) if (fits(puzzle, n, { r, c })) options.push(n);
      if (best === null || options.length < best.options.length) best = { r, c, options };
    }
  }
  if (best === null) return 1;
  let count = 0;
  for (const n of best.options) {
    puzzle[best.r]![best.c] = n;
    count += solutions(puzzle, limit - count);
    puzzle[best.r]![best.c] = 0;
    if (count >= limit) break;
  }
  return count;
}

function fits(grid: number[][], n: number, { r, c }: { r: number; c: number }): boolean {
  const size = grid.length;
  const box = Math.sqrt(size);
  for (let i = 0; i < size; i++) {
    if (grid[r]![i] === n || grid[i]![c] === n) return false;
    const [r2, c2] = [r - (r % box) + Math.floor(i / box), c - (c % box) + (i % box)];
    if (grid[r2]![c2] === n) return false;
  }
  return true;
}

/** 1 for the exact text, else 0.9 times the share of matching cells, times the length ratio when longer. */
function referenceScore(
  { answer: oracle, data }: GymItem<SudokuData>,
  answer: string | null,
): number {
  if (answer === null || answer === '' || oracle === null) return 0;
  const stripped = (text: string): string =>
    text
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n');
  const size = data.solution[0]!.length;
  let reward = 1;
  if (stripped(answer) !== stripped(oracle)) {
    let [row, matching] = [0, 0];
    for (const line of answer.split('\n')) {
      if (row >= size) break;
      const numbers = [...line].filter((c) => c >= '1' && c <= '9').map(Number);
      if (numbers.length !== size) continue;
      matching += numbers.filter((n, i) => n === data.solution[row]![i]).length;
      row += 1;
    }
    reward = (matching / (size * size)) * 0.9;
  }
  return length(answer) > length(oracle) ? reward * (length(oracle) / length(answer)) : reward;
}
