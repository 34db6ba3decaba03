import { type Budget, withinLimits } from '../../../numbers/budget.ts';
import { childrenOf, type MathNode } from '../read/node.ts';
import { plainText } from '../read/plainText.ts';
import { equalValues } from '../value/equalValues.ts';
import { assignedValue } from './assignedValue.ts';
import { compareCollections, compareSets } from './compareCollections.ts';
import { compareMatrices } from './compareMatrices.ts';
import {
  compareBased,
  comparePercent,
  compareQuantities,
  compareRatios,
} from './compareMeasures.ts';
import { compareRelations } from './compareRelations.ts';
import { compareResidues } from './compareResidues.ts';
import type { Compare, CompareOptions, Comparison } from './comparison.ts';
import { assignedName, baseName, namedValues, orders } from './namedValues.ts';
import { equalSets, realSet } from './realSet.ts';
import { sameNode } from './sameNode.ts';
import { sameSolutions, solutionSet } from './solutionSet.ts';

/**
 * Whether `answer` states what `gold` states. The order is not symmetric: a reference `x = 5` accepts 5,
 * a reference inequality accepts its interval, but a reference interval accepts an inequality only with
 * `allowSetRelation`, and a reference value never accepts an equation to be solved.
 */
export function compareAnswers(gold: MathNode, answer: MathNode, options: CompareOptions): boolean {
  const { budget } = options;
  budget.spend(5);
  if (sameNode(gold, answer)) return true;
  const [g, a] = [flattened(gold), flattened(answer)];

  if (isCalculation(g) && isCalculation(a)) return sameValues(g, a, options); // most answers: nothing else to ask
  if (g.type === 'text' || a.type === 'text') {
    return g.type === 'text' && a.type === 'text' && plainText(g.text) === plainText(a.text);
  }
  const compare: Compare = (x, y) => compareAnswers(x, y, options);
  const comparison: Comparison = { ...options, compare };
  const named = compareNamed(g, a, compare);
  if (named !== null) return named;
  if (g.type === 'relation' || a.type === 'relation') return compareStatements(g, a, comparison);
  const residues =
    g.type === 'call' || a.type === 'call' ? compareResidues(g, a, comparison) : null;
  if (residues !== null) return residues;
  if (g.type === 'list' || a.type === 'list' || g.type === 'set' || a.type === 'set') {
    return compareCollections(g, a, comparison);
  }
  if (g.type === 'combination' || a.type === 'combination')
    return compareSets(g, a, budget) || sameParts(g, a, compare);
  const rows = compareMatrices(g, a, compare);
  if (rows !== null) return rows;
  if (g.type === 'bracket' || a.type === 'bracket')
    return compareBrackets(g, a, compare) || compareSets(g, a, budget);
  if (g.type === 'ratio' || a.type === 'ratio') return compareRatios(g, a, comparison);
  if (g.type === 'based' || a.type === 'based') return compareBased(g, a, compare);
  if (g.type === 'percent' || a.type === 'percent') return comparePercent(g, a, compare);
  if (g.type === 'quantity' || a.type === 'quantity') return compareQuantities(g, a, compare);
  return sameValues(g, a, options);
}

const sameValues = (g: MathNode, a: MathNode, options: CompareOptions): boolean =>
  withinLimits(() => equalValues(g, a, options)) ?? false;

/** Numbers, letters, and what is calculated with them. */
const CALCULATED: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'number',
  'symbol',
  'constant',
  'add',
  'multiply',
  'power',
]);
const isCalculation = (node: MathNode): boolean =>
  CALCULATED.has(node.type) && childrenOf(node).every(isCalculation);

/** Degrees and the name of a point off the top, lists in lists opened, `{5}` as 5. */
function flattened(node: MathNode): MathNode {
  if (node.type === 'degrees') return flattened(node.value);
  if (node.type === 'set' && node.items.length === 1) return flattened(node.items[0]!);
  if (node.type === 'multiply' && node.factors.length === 2) {
    const [name, point] = node.factors as [MathNode, MathNode]; // just counted
    const named = name.type === 'symbol' && /^[A-Z]/.test(name.name);
    if (named && point.type === 'bracket' && point.items.length > 1) return point;
  }
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
  return node;
}

/** The items of a list without statements. */
const unnamedItems = (node: MathNode): MathNode[] | null =>
  (node.type === 'bracket' || node.type === 'list') &&
  node.items.every((item) => item.type !== 'relation')
    ? node.items
    : null;

/** Several letters with their values: by name, or in order where only one side names them. `null` for all else. */
function compareNamed(g: MathNode, a: MathNode, compare: Compare): boolean | null {
  const [gold, answer] = [namedValues(g), namedValues(a)];
  if (gold !== null && answer !== null) {
    if (gold.size !== answer.size) return false;
    return [...gold].every(([name, value]) => {
      const other = answer.get(name);
      return other !== undefined && compare(value, other);
    });
  }
  if (gold !== null && (assignedName(a) !== null || a.type === 'number')) return false;
  if (gold === null && answer === null) return null;
  const same = (x: readonly MathNode[], y: readonly MathNode[]): boolean =>
    x.length === y.length && x.every((item, i) => compare(item, y[i]!));
  const [goldItems, answerItems] = [unnamedItems(g), unnamedItems(a)];
  if (gold !== null && answerItems !== null)
    return orders(gold).some((values) => same(values, answerItems));
  if (answer !== null && goldItems !== null && g.type === 'bracket')
    return orders(answer).some((values) => same(goldItems, values));
  return null;
}

function compareStatements(g: MathNode, a: MathNode, comparison: Comparison): boolean {
  const { compare, allowSetRelation, budget } = comparison;
  if (g.type === 'relation' && a.type === 'relation' && compareRelations(g, a, comparison))
    return true;
  const [goldSolved, answerSolved] = [g, a].map((node) =>
    withinLimits(() => solutionSet(node, budget)),
  );
  const asked = allowSetRelation || !isMembership(g) || isMembership(a);
  if (goldSolved && answerSolved && asked) return sameSolutions(goldSolved, answerSolved);
  const [goldName, answerName] = [assignedName(g), assignedName(a)];
  if (goldName !== null && answerName !== null && baseName(goldName) !== baseName(answerName))
    return false;
  const [goldValue, answerValue] = [assignedValue(g), assignedValue(a)];
  if (goldValue !== null && answerValue !== null) {
    // an equation that happens to end in a value is not that value, unless both are stated so
    return compare(goldValue, answerValue);
  }
  if (a.type === 'relation' && goldValue !== null && !allowSetRelation) return false;
  const [goldSet, answerSet] = [goldSolved?.set ?? null, answerSolved?.set ?? null].map(
    (set, i) => set ?? withinLimits(() => setOf([g, a][i]!, budget)),
  );
  return goldSet != null && answerSet != null && equalSets(goldSet, answerSet);
}

/** `x \in S`: a set, as if S stood alone. */
const isMembership = (node: MathNode): boolean =>
  node.type === 'relation' && node.operators.every((operator) => operator === 'in');

const setOf = (node: MathNode, budget: Budget): ReturnType<typeof realSet> =>
  realSet(assignedValue(node) ?? node, budget);

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

function compareBrackets(g: MathNode, a: MathNode, compare: Compare): boolean {
  if (g.type !== 'bracket' || a.type !== 'bracket') return false;
  if (g.open !== a.open || g.close !== a.close || g.items.length !== a.items.length) return false;
  return g.items.every((item, i) => compare(item, a.items[i]!));
}
