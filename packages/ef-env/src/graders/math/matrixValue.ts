import { addNode, type MathNode, multiplyNode, numberNode } from './node.ts';

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
      return node.rows.every((row) => row.length === width) ? node.rows : null;
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
      let scale: MathNode = numberNode(1);
      let product: Rows | null = null;
      for (const factor of node.factors) {
        const rows = matrixValue(factor);
        if (rows === null) scale = multiplyNode(scale, factor);
        else product = product === null ? rows : times(product, rows);
        if (rows !== null && product === null) return null;
      }
      return product?.map((row) => row.map((x) => multiplyNode(scale, x))) ?? null;
    }
    default:
      return null;
  }
}
