import type { MathNode } from '../read/node.ts';
import type { Compare } from './comparison.ts';
import { matrixValue } from './matrixValue.ts';

/** A tuple as a column, a list of lists as rows; `null` for all else. */
function rowsOfBracket(node: MathNode): MathNode[][] | null {
  if (node.type !== 'bracket' || node.items.length === 0) return null;
  const rows = node.items.map((item) => (item.type === 'bracket' ? item.items : [item]));
  return rows.every((row) => row.length === rows[0]!.length) ? rows : null;
}

/** Item by item; a tuple may stand for a row or column. `null` where neither side is a matrix. */
export function compareMatrices(g: MathNode, a: MathNode, compare: Compare): boolean | null {
  const [goldRows, answerRows] = [matrixValue(g), matrixValue(a)];
  if (goldRows === null && answerRows === null) return null;
  const [left, right] = [goldRows ?? rowsOfBracket(g), answerRows ?? rowsOfBracket(a)];
  if (left === null || right === null) return false;
  const flat = goldRows === null || answerRows === null;
  const shape = (rows: MathNode[][]): string =>
    flat && (rows.length === 1 || rows[0]!.length === 1)
      ? `${rows.flat().length}`
      : `${rows.map((row) => row.length)}`;
  const [x, y] = [left.flat(), right.flat()];
  return shape(left) === shape(right) && x.every((item, i) => compare(item, y[i]!));
}
