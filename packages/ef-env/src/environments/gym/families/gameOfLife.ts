import type { Random } from '../../../base/random.ts';
import { type GymFamily, type GymItem, RIGHT, wrong } from '../core/gymFamily.ts';

export interface GameOfLifeData {
  grid_size_x: number;
  grid_size_y: number;
  simulation_steps: number;
}

/** One step on a torus: a live cell lives on with 2 or 3 live neighbours, a dead one is born with 3. */
function step(grid: readonly (readonly number[])[]): number[][] {
  const [rows, columns] = [grid.length, grid[0]!.length];
  return grid.map((row, r) =>
    row.map((cell, c) => {
      let live = -cell;
      for (const dr of [-1, 0, 1]) {
        for (const dc of [-1, 0, 1])
          live += grid[(r + dr + rows) % rows]![(c + dc + columns) % columns]!;
      }
      return live === 3 || (live === 2 && cell === 1) ? 1 : 0;
    }),
  );
}

const rowsText = (grid: readonly (readonly number[])[]): string =>
  `[${grid.map((row) => `[${row.join(',')}]`).join(',')}]`;

function generate(random: Random, level: number): GymItem<GameOfLifeData> {
  const [size, steps] = [4 + 2 * level, 1 + (level > 1 ? 1 : 0)];
  const start = Array.from({ length: size }, () =>
    Array.from<unknown, number>({ length: size }, () => (random.next() < 0.35 ? 1 : 0)),
  );
  let grid = start;
  for (let i = 0; i < steps; i++) grid = step(grid);
  return {
    question: `A board of Conway's Game of Life whose edges are joined to the opposite ones:\n${start.map((row) => `[${row.join(',')}]`).join('\n')}\nWhat is it after ${steps} step${steps > 1 ? 's' : ''}? Answer with a JSON list of rows.`,
    answer: rowsText(grid),
    data: { grid_size_x: size, grid_size_y: size, simulation_steps: steps },
  };
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Play the Game of Life. Only the whole board scores; the reference pays the share of cells that match. */
export const gameOfLife: GymFamily<GameOfLifeData> = {
  name: 'game_of_life',
  levels: 4,
  generate,
  judge: ({ answer: oracle }, answer) => {
    const [got, want] = [parse(answer), JSON.parse(oracle ?? '[]') as number[][]]; // written by generate
    if (!Array.isArray(got))
      return wrong('The answer is to be a JSON list of rows and nothing else.');
    if (got.length !== want.length)
      return wrong(`The board has ${got.length} rows instead of ${want.length}.`);
    for (const [r, row] of want.entries()) {
      const line: unknown = got[r];
      if (!Array.isArray(line) || line.length !== row.length)
        return wrong(`Row ${r + 1} is to have ${row.length} cells.`);
      const c = row.findIndex((cell, i) => cell !== line[i]);
      if (c >= 0)
        return wrong(
          `Row ${r + 1}, column ${c + 1}: ${JSON.stringify(line[c])} is wrong: count its live neighbours again.`,
        );
    }
    return RIGHT;
  },
  referenceScore: ({ answer: oracle }, answer) => {
    const got = answer === null ? undefined : parse(answer);
    if (got === undefined) return 0;
    const want = JSON.parse(oracle ?? '[]') as number[][]; // the reference's own
    let [total, correct] = [0, 0];
    for (const [r, row] of want.entries()) {
      for (const [c, cell] of row.entries()) {
        total += 1;
        const line: unknown = Array.isArray(got) ? got[r] : undefined;
        if (typeof got === 'object' && got !== null && !Array.isArray(got)) return null; // KeyError
        const value: unknown = Array.isArray(line) ? line[c] : undefined;
        if (value === cell || (typeof value === 'boolean' && Number(value) === cell)) correct += 1;
      }
    }
    return total === 0 ? 0 : correct / total;
  },
};
