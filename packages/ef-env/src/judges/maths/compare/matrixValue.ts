import { addNode, type MathNode, multiplyNode } from '../read/node.ts';

type Rows = MathNode[][];

const times = (a: Rows, b: Rows): Rows | null => {
  if (a[0]?.length !== b.length || a.length * b.length > 400) return null;
  return a.map((row) =>
    b[0]!.map((_, j) => row.map((x, k) => multiplyNode(x, b[k]![j]!)).reduce(addNode)),
  );
};

/** The rows of a matrix, a sum or product of matrices, or a multiple of one; `null` for all else. */
export function matrixValue(node: MathNode): Rows | null {
  switch (node.type) {
    case 'matrix': {
      const width = node.rows[0]?.length;
      return width !== undefined && node.rows.every((row) => row.length === width)
        ? node.rows
        : null;
    }
    case 'add': {
      const parts = node.terms.map(matrixValue);
      return parts.reduce((a, b) => {
        if (a === null || b === null || a.length !== b.length || a[0]!.length !== b[0]!.length)
          return null;
        return a.map((row, i) => row.map((x, j) => addNode(x, b[i]![j]!)));
      });
    }
    case 'multiply': {
      const values = node.factors.map(matrixValue);
      const matrices = values.filter((rows) => rows !== null);
      if (matrices.length === 0) return null;
      const scale = node.factors.filter((_, i) => values[i] === null);
      let product: Rows | null = matrices[0]!; // not empty
      for (const rows of matrices.slice(1))
        product = product === null ? null : times(product, rows);
      return (
        product?.map((row) => row.map((x) => ({ type: 'multiply', factors: [...scale, x] }))) ??
        null
      );
    }
    default:
      return null;
  }
}
