import { rational } from '../../../numbers/rational.ts';
import { divideNode, type MathNode, multiplyNode, numberNode, someNode } from '../read/node.ts';
import { unitRatio } from '../read/units.ts';
import { equalValues } from '../value/equalValues.ts';
import type { Compare, Comparison } from './comparison.ts';

/** Equal part by part, or in proportion; a clock time (`12:00`, `3:45 pm`) is never in proportion. */
export function compareRatios(
  g: MathNode,
  a: MathNode,
  { compare, precision, budget }: Pick<Comparison, 'compare' | 'precision' | 'budget'>,
): boolean {
  const parts = (node: MathNode): MathNode[] => (node.type === 'ratio' ? node.parts : []);
  const [x, y] = [parts(g), parts(a)];
  if (x.length !== 0 && x.length === y.length) {
    if (x.every((part, i) => compare(part, y[i]!))) return true;
    if ([...x, ...y].some(isClockPart)) return false;
    return x.every((part, i) =>
      equalValues(multiplyNode(part, y[0]!), multiplyNode(y[i]!, x[0]!), { precision, budget }),
    );
  }
  const [ratio, value] = x.length === 2 ? [x, a] : [y, g];
  if (ratio.length !== 2 || value.type === 'ratio') return false;
  const quotient = divideNode(ratio[0]!, ratio[1]!);
  return x.length === 2 ? compare(quotient, value) : compare(value, quotient);
}

const isClockPart = (node: MathNode): boolean =>
  (node.type === 'number' && node.value.numerator === 0n) ||
  someNode(node, (n) => n.type === 'quantity');

/** Digits in the same base, or without a mark of the base on one side; the values in different bases. */
export function compareBased(g: MathNode, a: MathNode, compare: Compare): boolean {
  const digitsOf = (node: MathNode): string | null => {
    if (node.type === 'based') return node.digits;
    return node.type === 'number' && node.value.denominator === 1n
      ? `${node.value.numerator}`
      : null;
  };
  if (g.type === 'based' && a.type === 'based' && g.base !== a.base) {
    const [x, y] = [basedValue(g), basedValue(a)];
    return x !== null && y !== null && compare(numberNode(x), numberNode(y));
  }
  return digitsOf(g) !== null && digitsOf(g) === digitsOf(a);
}

function basedValue({ digits, base }: MathNode & { type: 'based' }): bigint | null {
  let value = 0n;
  for (const digit of digits) {
    const worth = Number.parseInt(digit, 36);
    if (worth >= base) return null;
    value = value * BigInt(base) + BigInt(worth);
  }
  return value;
}

/** 28% is 28% ; where only one side has the sign it may be 28 or 0.28. */
export function comparePercent(g: MathNode, a: MathNode, compare: Compare): boolean {
  if (g.type === 'percent' && a.type === 'percent') return compare(g.value, a.value);
  const hundredth = (node: MathNode): MathNode => multiplyNode(node, numberNode(rational(1, 100)));
  if (g.type === 'percent') return compare(g.value, a) || compare(hundredth(g.value), a);
  return a.type === 'percent' && (compare(g, a.value) || compare(g, hundredth(a.value)));
}

/** Units that can be converted are; a unit on one side only is not asked for. */
export function compareQuantities(g: MathNode, a: MathNode, compare: Compare): boolean {
  if (g.type !== 'quantity') return a.type === 'quantity' && compare(g, a.value);
  if (a.type !== 'quantity') return compare(g.value, a);
  const ratio = unitRatio(a.unit, g.unit);
  return ratio !== null && compare(g.value, multiplyNode(a.value, numberNode(ratio)));
}
