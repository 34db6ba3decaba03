import { neighbours } from '../core/gridPath.ts';
import { type GymFamily, RIGHT, wrong } from '../core/gymFamily.ts';
import { gridMistake, gridText, readGrid } from '../core/readGrid.ts';
import { literalText, readLiteral } from '../core/readLiteral.ts';

export interface BinaryMatrixData {
  matrix: number[][];
  solution: number[][];
}

/** Steps from every cell to the nearest 0, by breadth-first search from all of them. */
function toNearestZero(matrix: readonly (readonly number[])[]): number[][] {
  const steps: number[][] = matrix.map((row) => row.map((cell) => (cell === 0 ? 0 : -1)));
  const queue = matrix.flatMap((row, r) =>
    row.flatMap((cell, c): [number, number][] => (cell === 0 ? [[r, c]] : [])),
  );
  for (const [r, c] of queue) {
    for (const [r2, c2] of neighbours(r, c)) {
      if (steps[r2]?.[c2] !== -1) continue;
      steps[r2]![c2] = steps[r]![c]! + 1;
      queue.push([r2, c2]);
    }
  }
  return steps;
}

/** Distance to the nearest 0. Brackets and outer blanks are accepted (0.1 and 0 in the reference). */
export const binaryMatrix: GymFamily<BinaryMatrixData> = {
  name: 'binary_matrix',
  levels: 4,
  generate: (random, level) => {
    const size = 3 + 2 * level;
    const matrix = Array.from({ length: size }, () =>
      Array.from<unknown, number>({ length: size }, () => (random.next() < 0.2 ? 0 : 1)),
    );
    matrix[random.integer(size)]![random.integer(size)] = 0;
    const solution = toNearestZero(matrix);
    return {
      question: `For each cell of this matrix, how many steps up, down, left or right is the nearest 0 away?\n${gridText(matrix)}\nAnswer with the matrix of these numbers in the same format.`,
      answer: gridText(solution),
      data: { matrix, solution },
    };
  },
  judge: ({ data }, answer) => {
    const grid = readGrid(answer);
    if (grid === null) return wrong('The answer is to be the matrix and nothing else.');
    const mistake = gridMistake(grid, toNearestZero(data.matrix));
    return mistake === null ? RIGHT : wrong(mistake);
  },
  referenceScore: ({ answer: oracle }, answer) => {
    if (answer === null) return 0;
    if (answer === oracle) return 1;
    const rows = readLiteral(answer);
    if (!Array.isArray(rows) || !rows.every((row) => Array.isArray(row))) return 0;
    return rows.map((row) => row.map(literalText).join(' ')).join('\n') === oracle ? 0.1 : 0;
  },
};
