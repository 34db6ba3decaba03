import { containsScore } from '../core/containsScore.ts';
import { between, type GymFamily, RIGHT, wrong } from '../core/gymFamily.ts';
import { gridMistake, gridText, readGrid } from '../core/readGrid.ts';

export interface RotateMatrixData {
  matrix: number[][];
  num_rotations: number;
  solution: number[][];
}

const quarterTurn = (matrix: readonly (readonly number[])[]): number[][] =>
  matrix[0]!.map((_, c) => matrix.map((row) => row[c]!).reverse());

const turned = (matrix: number[][], turns: number): number[][] => {
  let result = matrix;
  for (let i = 0; i < ((turns % 4) + 4) % 4; i++) result = quarterTurn(result);
  return result;
};

/** Rotate a square of numbers. Brackets and commas are accepted. */
export const rotateMatrix: GymFamily<RotateMatrixData> = {
  name: 'rotate_matrix',
  levels: 4,
  generate: (random, level) => {
    const size = 2 + 2 * level;
    const matrix = Array.from({ length: size }, () =>
      Array.from({ length: size }, () => random.integer(10)),
    );
    const turns = between(random, 1, level < 2 ? 3 : 15);
    const solution = turned(matrix, turns);
    return {
      question: `Rotate this matrix by ${90 * turns} degrees clockwise:\n${gridText(matrix)}\nAnswer with the matrix in the same format.`,
      answer: gridText(solution),
      data: { matrix, num_rotations: turns, solution },
    };
  },
  judge: ({ data }, answer) => {
    const grid = readGrid(answer);
    if (grid === null) return wrong('The answer is to be the matrix and nothing else.');
    const want = turned(data.matrix, data.num_rotations);
    const mistake = gridMistake(grid, want);
    if (mistake === null) return RIGHT;
    const other = [0, 1, 2, 3].find(
      (turns) => gridMistake(grid, turned(data.matrix, turns)) === null,
    );
    return wrong(
      other === undefined ? mistake : `That is the matrix rotated by ${90 * other} degrees.`,
    );
  },
  referenceScore: containsScore,
};
