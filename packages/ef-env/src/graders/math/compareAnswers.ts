import { assignedValue } from './assignedValue.ts';
import { type Budget, withinLimits } from './budget.ts';
import { compareRelations } from './compareRelations.ts';
import { equalValues } from './equalValues.ts';
import { expandPlusMinus } from './expandPlusMinus.ts';
import { matrixValue } from './matrixValue.ts';
import { type MathNode, multiplyNode, numberNode, someNode } from './node.ts';
import { plainText } from './plainText.ts';
import { rational } from './rational.ts';
import { equalSets, realSet, solutionSet } from './realSet.ts';
import { unitRatio } from './units.ts';

export interface CompareOptions {
  /** Decimals that must agree where a side is written as a decimal; `null` = exact. */
  precision: number | null;
  /** Accept an inequality where the reference answer is a set. */
  allowSetRelation: boolean;
}

/** Compares two parts of answers: handed to what needs to compare recursively. */
export type Compare = (gold: MathNode, answer: MathNode) => boolean;

/** Lists longer than this are not matched item by item. */
const MAX_ITEMS = 60;

/**
 * Whether `answer` states what `gold` states. The order is not symmetric: a reference `x = 5` accepts 5,
 * a reference inequality accepts its interval, but a reference interval accepts an inequality only with
 * `allowSetRelation`, and a reference value never accepts an equation to be solved.
 */
export function compareAnswers(
  gold: MathNode,
  answer: MathNode,
  options: CompareOptions,
  budget: Budget,
): boolean {
  const compare: Compare = (a, b) => compareAnswers(a, b, options, budget);
  budget.spend(5);
  const [g, a] = [flattened(gold), flattened(answer)];

  if (g.type === 'text' || a.type === 'text') {
    return g.type === 'text' && a.type === 'text' && plainText(g.text) === plainText(a.text);
  }
  if (g.type === 'relation' || a.type === 'relation')
    return compareStatements(g, a, compare, options, budget);
  if (isPmod(g) || isPmod(a)) {
    if (isPmod(g) && isPmod(a))
      return compare(g.args[0]!, a.args[0]!) && compare(g.args[1]!, a.args[1]!);
    return compare(isPmod(g) ? g.args[0]! : g, isPmod(a) ? a.args[0]! : a);
  }
  if (g.type === 'list' || a.type === 'list' || g.type === 'set' || a.type === 'set') {
    return compareCollections(g, a, compare, budget);
  }
  if (g.type === 'combination' || a.type === 'combination')
    return compareSets(g, a, budget) || sameParts(g, a, compare);
  const rows = compareMatrices(g, a, compare);
  if (rows !== null) return rows;
  if (g.type === 'bracket' || a.type === 'bracket') return compareBrackets(g, a, compare);
  if (g.type === 'ratio' || a.type === 'ratio')
    return compareRatios(g, a, compare, options, budget);
  if (g.type === 'based' || a.type === 'based') return compareBased(g, a, compare);
  if (g.type === 'percent' || a.type === 'percent') return comparePercent(g, a, compare);
  if (g.type === 'quantity' || a.type === 'quantity') return compareQuantities(g, a, compare);
  return withinLimits(() => equalValues(g, a, options, budget)) ?? false;
}

const isPmod = (node: MathNode): node is MathNode & { type: 'call' } =>
  node.type === 'call' && node.name === 'pmod';

/** Degrees off the top, `±` written out, lists in lists opened. */
function flattened(node: MathNode): MathNode {
  if (node.type === 'degrees') return flattened(node.value);
  if (node.type === 'relation' && node.operands.length === 2 && node.operands[1]!.type === 'list') {
    // x = {1, 2} written without a bracket of its own
    return node;
  }
  if (node.type === 'list' || node.type === 'set') {
    const items = node.items.flatMap((item) => {
      const flat = flattened(item);
      return flat.type === 'list' ? flat.items : [flat];
    });
    return { ...node, items };
  }
  if (node.type !== 'combination' && someNode(node, (n) => n.type === 'plus-minus')) {
    return { type: 'list', items: expandPlusMinus(node) };
  }
  return node;
}

function compareStatements(
  g: MathNode,
  a: MathNode,
  compare: Compare,
  options: CompareOptions,
  budget: Budget,
): boolean {
  if (g.type === 'relation' && a.type === 'relation' && compareRelations(g, a, compare, budget))
    return true;
  const [goldValue, answerValue] = [assignedValue(g), assignedValue(a)];
  if (goldValue !== null && answerValue !== null) {
    // an equation that happens to end in a value is not that value, unless both are stated so
    return compare(goldValue, answerValue);
  }
  if (a.type === 'relation' && goldValue !== null && !options.allowSetRelation) return false;
  const [goldSet, answerSet] = [g, a].map((node) =>
    withinLimits(() => solutionSet(node, budget) ?? realSet(assignedValue(node) ?? node, budget)),
  );
  return goldSet != null && answerSet != null && equalSets(goldSet, answerSet);
}

function compareCollections(g: MathNode, a: MathNode, compare: Compare, budget: Budget): boolean {
  const sets = g.type === 'set' || a.type === 'set' ? compareSets(g, a, budget) : false;
  if (sets) return true;
  const goldItems = itemsOf(g);
  const answerItems = itemsOf(a);
  if (goldItems === null || answerItems === null) {
    // inequalities joined by 'or' against a set
    const [goldSet, answerSet] = [g, a].map(
      (node) => solutionSet(node, budget) ?? realSet(node, budget),
    );
    return (
      goldSet != null && answerSet != null && g.type === 'list' && equalSets(goldSet, answerSet)
    );
  }
  if (Math.max(goldItems.length, answerItems.length) > MAX_ITEMS) return false;
  if (g.type === 'bracket' || a.type === 'bracket') {
    const ordered = g.type !== 'set' && a.type !== 'set' && goldItems.length === answerItems.length;
    return ordered && goldItems.every((item, i) => compare(item, answerItems[i]!));
  }
  if (goldItems.every(isSolution) && answerItems.every(isSolution)) {
    const [goldSet, answerSet] = [solutionSet(g, budget), solutionSet(a, budget)];
    if (goldSet !== null && answerSet !== null && equalSets(goldSet, answerSet)) return true;
  }
  return (
    goldItems.every((item) => answerItems.some((other) => compare(item, other))) &&
    answerItems.every((item) => goldItems.some((other) => compare(other, item)))
  );
}

const isSolution = (node: MathNode): boolean =>
  node.type === 'relation' && !node.operators.includes('=');

const itemsOf = (node: MathNode): MathNode[] | null =>
  node.type === 'list' || node.type === 'set' || node.type === 'bracket' ? node.items : null;

function compareSets(g: MathNode, a: MathNode, budget: Budget): boolean {
  const [goldSet, answerSet] = [g, a].map((node) => withinLimits(() => realSet(node, budget)));
  return goldSet != null && answerSet != null && equalSets(goldSet, answerSet);
}

/** Unions of intervals with symbols in them: the same parts in any order. */
function sameParts(g: MathNode, a: MathNode, compare: Compare): boolean {
  if (
    g.type !== 'combination' ||
    a.type !== 'combination' ||
    g.operator !== a.operator ||
    g.parts.length !== a.parts.length
  )
    return false;
  if (g.operator === 'minus') return g.parts.every((part, i) => compare(part, a.parts[i]!));
  return g.parts.every((part) => a.parts.some((other) => compare(part, other)));
}

/** `null` where neither side is a matrix. */
function compareMatrices(g: MathNode, a: MathNode, compare: Compare): boolean | null {
  const vector = (node: MathNode): MathNode[][] | null =>
    node.type === 'bracket' ? node.items.map((item) => [item]) : null;
  const [goldRows, answerRows] = [matrixValue(g), matrixValue(a)];
  if (goldRows === null && answerRows === null) return null;
  const [left, right] = [goldRows ?? vector(g), answerRows ?? vector(a)];
  if (left === null || right === null) return false;
  const flat = goldRows === null || answerRows === null;
  const shape = (rows: MathNode[][]): string =>
    flat && (rows.length === 1 || rows[0]!.length === 1)
      ? `${rows.flat().length}`
      : `${rows.map((row) => row.length)}`;
  const [x, y] = [left.flat(), right.flat()];
  return shape(left) === shape(right) && x.every((item, i) => compare(item, y[i]!));
}

function compareBrackets(g: MathNode, a: MathNode, compare: Compare): boolean {
  if (g.type !== 'bracket' || a.type !== 'bracket') return false;
  if (g.open !== a.open || g.close !== a.close || g.items.length !== a.items.length) return false;
  return g.items.every((item, i) => compare(item, a.items[i]!));
}

/** Equal part by part, or in proportion; a clock time (`12:00`) is never in proportion. */
function compareRatios(
  g: MathNode,
  a: MathNode,
  compare: Compare,
  options: CompareOptions,
  budget: Budget,
): boolean {
  const parts = (node: MathNode): MathNode[] => (node.type === 'ratio' ? node.parts : []);
  const [x, y] = [parts(g), parts(a)];
  if (x.length !== 0 && x.length === y.length) {
    if (x.every((part, i) => compare(part, y[i]!))) return true;
    const zero = (node: MathNode): boolean => node.type === 'number' && node.value.numerator === 0n;
    if ([...x, ...y].some(zero)) return false;
    return x.every((part, i) =>
      equalValues(multiplyNode(part, y[0]!), multiplyNode(y[i]!, x[0]!), options, budget),
    );
  }
  const [ratio, value] = x.length === 2 ? [x, a] : [y, g];
  if (ratio.length !== 2 || value.type === 'ratio') return false;
  const quotient = multiplyNode(ratio[0]!, {
    type: 'power',
    base: ratio[1]!,
    exponent: numberNode(-1),
  });
  return x.length === 2 ? compare(quotient, value) : compare(value, quotient);
}

function compareBased(g: MathNode, a: MathNode, compare: Compare): boolean {
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
    if (Number(digit) >= base) return null;
    value = value * BigInt(base) + BigInt(digit);
  }
  return value;
}

/** 28% is 28% ; where only one side has the sign it may be 28 or 0.28. */
function comparePercent(g: MathNode, a: MathNode, compare: Compare): boolean {
  if (g.type === 'percent' && a.type === 'percent') return compare(g.value, a.value);
  const hundredth = (node: MathNode): MathNode => multiplyNode(node, numberNode(rational(1, 100)));
  if (g.type === 'percent') return compare(g.value, a) || compare(hundredth(g.value), a);
  return a.type === 'percent' && (compare(g, a.value) || compare(g, hundredth(a.value)));
}

function compareQuantities(g: MathNode, a: MathNode, compare: Compare): boolean {
  if (g.type !== 'quantity') return a.type === 'quantity' && compare(g, a.value);
  if (a.type !== 'quantity') return compare(g.value, a);
  const ratio = unitRatio(a.unit, g.unit);
  return ratio !== null && compare(g.value, multiplyNode(a.value, numberNode(ratio)));
}
