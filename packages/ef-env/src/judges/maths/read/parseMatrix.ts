import type { MathNode } from './node.ts';
import { NotMath } from './notMath.ts';
import { readGroupText } from './readGroupText.ts';
import type { TokenStream } from './tokenStream.ts';

/** What follows `\begin`: `{pmatrix} a & b \\ c & d \end{pmatrix}`. Other environments are refused. */
export function parseMatrix(stream: TokenStream): MathNode {
  const name = readGroupText(stream);
  if (!/matrix|array|cases/.test(name)) throw new NotMath(`environment '${name}'`);
  if (name === 'array' && stream.at('{')) readGroupText(stream);
  const rows: MathNode[][] = [[]];
  for (;;) {
    const row = rows.at(-1)!; // never empty: it starts with one row
    if (stream.take('end')) {
      readGroupText(stream);
      break;
    }
    if (stream.take('\\\\')) rows.push([]);
    else if (!stream.take('&') && !stream.take(',') && !stream.take(';') && !stream.take('.'))
      row.push(stream.grammar.relation(stream));
  }
  const filled = rows.filter((row) => row.length > 0);
  // a system of equations; functions defined by cases have two columns
  if (name === 'cases' && filled.every((row) => row.length === 1))
    return { type: 'list', items: filled.flat() };
  const matrix: MathNode = { type: 'matrix', rows: filled };
  return name === 'vmatrix' ? { type: 'call', name: 'det', args: [matrix] } : matrix;
}
