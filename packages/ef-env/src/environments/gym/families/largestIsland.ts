import { containsScore } from '../core/containsScore.ts';
import { distances } from '../core/gridPath.ts';
import type { GymFamily } from '../core/gymFamily.ts';
import { judgeNumber } from '../core/judgeNumber.ts';
import { gridText } from '../core/readGrid.ts';

export interface LargestIslandData {
  grid: number[][];
}

/** Sizes of the connected groups of 1. */
function islands(grid: readonly (readonly number[])[]): number[] {
  const seen = new Set<string>();
  const sizes: number[] = [];
  for (const [r, row] of grid.entries()) {
    for (const [c, cell] of row.entries()) {
      if (cell !== 1 || seen.has(`${r},${c}`)) continue;
      const steps = distances(
        { rows: grid.length, columns: row.length, open: (r2, c2) => grid[r2]![c2] === 1 },
        [r, c],
      );
      let size = 0;
      for (const [r2, line] of steps.entries()) {
        for (const [c2, n] of line.entries()) {
          if (n < 0) continue;
          seen.add(`${r2},${c2}`);
          size += 1;
        }
      }
      sizes.push(size);
    }
  }
  return sizes;
}

/** Size of the largest group of ones. */
export const largestIsland: GymFamily<LargestIslandData> = {
  name: 'largest_island',
  levels: 4,
  generate: (random, level) => {
    const size = 4 + 2 * level;
    const grid = Array.from({ length: size }, () =>
      Array.from<unknown, number>({ length: size }, () => (random.next() < 0.45 ? 1 : 0)),
    );
    return {
      question: `Ones that touch above, below, left or right form an island:\n${gridText(grid)}\nHow many ones has the largest island (0 if there is none)? Answer with the number only.`,
      answer: `${Math.max(0, ...islands(grid))}`,
      data: { grid },
    };
  },
  judge: (item, answer) =>
    judgeNumber(item, answer, (value) => {
      const sizes = islands(item.data.grid);
      const ones = item.data.grid.flat().filter((cell) => cell === 1).length;
      if (value > BigInt(ones)) return `${value} is more than all ones together.`;
      if (value === BigInt(sizes.length) && sizes.length > 1)
        return `${value} is the number of islands, not a size.`;
      return value < BigInt(Math.max(0, ...sizes)) && sizes.includes(Number(value))
        ? `An island of ${value} exists, but a larger one too.`
        : null;
    }),
  referenceScore: containsScore,
};
