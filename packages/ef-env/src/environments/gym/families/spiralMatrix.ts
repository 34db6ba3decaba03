import { between, type GymFamily, RIGHT, wrong } from '../core/gymFamily.ts';
import { gridText } from '../core/readGrid.ts';
import { literalText, readLiteral } from '../core/readLiteral.ts';

export interface SpiralMatrixData {
  matrix: number[][];
}

/** Row by row off the top, the rest turned a quarter to the left each time. */
function spiral(matrix: readonly (readonly number[])[]): number[] {
  const out: number[] = [];
  let rest = matrix.map((row) => [...row]);
  while (rest.length > 0) {
    out.push(...rest[0]!);
    const below = rest.slice(1);
    rest =
      below.length === 0
        ? []
        : below[0]!.map((_, c) => below.map((row) => row[row.length - 1 - c]!));
  }
  return out;
}

/** Read a matrix in a spiral. A list in brackets is right too (0.1 in the reference). */
export const spiralMatrix: GymFamily<SpiralMatrixData> = {
  name: 'spiral_matrix',
  levels: 4,
  generate: (random, level) => {
    const size = between(random, 2 + level, 3 + 2 * level);
    const matrix = Array.from({ length: size }, () =>
      Array.from({ length: size }, () => random.integer(10)),
    );
    return {
      question: `List the numbers of this matrix in a clockwise spiral that starts at the top left:\n${gridText(matrix)}\nAnswer with the numbers separated by spaces.`,
      answer: spiral(matrix).join(' '),
      data: { matrix },
    };
  },
  judge: ({ data }, answer) => {
    const bare = answer
      .trim()
      .replace(/^\[|\]$/g, '')
      .replaceAll(',', ' ')
      .trim();
    if (!/^-?\d+(?:\s+-?\d+)*$/.test(bare))
      return wrong('The answer is to be numbers separated by spaces and nothing else.');
    const [got, want] = [bare.split(/\s+/).map(Number), spiral(data.matrix)];
    const at = want.findIndex((value, i) => value !== got[i]);
    if (at >= 0)
      return wrong(
        got[at] === undefined
          ? `The list ends after ${got.length} of ${want.length} numbers.`
          : `Number ${at + 1} of the list is not ${got[at]}.`,
      );
    return got.length === want.length
      ? RIGHT
      : wrong(`The list has ${got.length - want.length} numbers too many.`);
  },
  referenceScore: ({ answer: oracle }, answer) => {
    if (answer === null || answer === '' || oracle === null) return 0;
    const [text, want] = [answer.trim(), oracle.trim()];
    if (text === want) return 1;
    const list = readLiteral(text);
    const items = typeof list === 'string' ? [...list] : list;
    return Array.isArray(items) && items.map(literalText).join(' ') === want ? 0.1 : 0;
  },
};
