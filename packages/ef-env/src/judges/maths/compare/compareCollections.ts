import { type Budget, withinLimits } from '../../../numbers/budget.ts';
import type { MathNode } from '../read/node.ts';
import type { Compare, Comparison } from './comparison.ts';
import { equalSets, realSet } from './realSet.ts';
import { sameSolutions, solutionSet } from './solutionSet.ts';

/** Lists longer than this are not matched item by item. */
const MAX_ITEMS = 60;

/** Lists and sets in any order; a tuple against a list in its order; a value against a list of it alone. */
export function compareCollections(
  g: MathNode,
  a: MathNode,
  { compare, budget }: Pick<Comparison, 'compare' | 'budget'>,
): boolean {
  if ((g.type === 'set' || a.type === 'set') && compareSets(g, a, budget)) return true;
  if (isInterval(g) || isInterval(a)) return solvedAsSet(g, a, budget);
  const [goldItems, answerItems] = [itemsOf(g), itemsOf(a)];
  if (Math.max(goldItems.length, answerItems.length) > MAX_ITEMS) return false;
  if (g.type === 'bracket' || a.type === 'bracket') {
    const ordered = g.type !== 'set' && a.type !== 'set' && goldItems.length === answerItems.length;
    return ordered && goldItems.every((item, i) => compare(item, answerItems[i]!));
  }
  const [goldSet, answerSet] = [solutionSet(g, budget), solutionSet(a, budget)];
  if (goldSet !== null && answerSet !== null) return sameSolutions(goldSet, answerSet);
  return g.type === 'list' && a.type === 'list' && goldItems.length === answerItems.length
    ? matched(goldItems, answerItems, compare)
    : included(goldItems, answerItems, compare) &&
        included(answerItems, goldItems, (item, other) => compare(other, item));
}

const isInterval = (node: MathNode): boolean =>
  node.type === 'combination' || (node.type === 'symbol' && node.name === '\\mathbb{R}');

const itemsOf = (node: MathNode): MathNode[] =>
  node.type === 'list' || node.type === 'set' || node.type === 'bracket' ? node.items : [node];

/** `(-\\infty, 1) or (3, \\infty)` is a union. */
const unionOfAlternatives = (node: MathNode): MathNode =>
  node.type === 'list' && node.or === true
    ? { type: 'combination', operator: 'union', parts: node.items }
    : node;
const isSolved = ({ items }: MathNode & { type: 'list' }): boolean =>
  items.some((item) => item.type === 'relation');

/** Inequalities joined by 'or' in the reference, against a set. */
function solvedAsSet(g: MathNode, a: MathNode, budget: Budget): boolean {
  const [goldSet, answerSet] = [g, a].map(
    (node) => solutionSet(node, budget)?.set ?? realSet(unionOfAlternatives(node), budget),
  );
  const asked = g.type === 'list' || (a.type === 'list' && a.or === true && !isSolved(a));
  return goldSet != null && answerSet != null && asked && equalSets(goldSet, answerSet);
}

const included = (items: MathNode[], others: MathNode[], compare: Compare): boolean =>
  items.every((item) => others.some((other) => compare(item, other)));

/** Each item has a partner of its own, so that `1, 1, 2` is not `1, 2, 2`. */
function matched(
  items: readonly MathNode[],
  others: readonly MathNode[],
  compare: Compare,
): boolean {
  const left = [...others];
  return items.every((item) => {
    const at = left.findIndex((other) => compare(item, other));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

/** Both as sets of real numbers. */
export function compareSets(g: MathNode, a: MathNode, budget: Budget): boolean {
  const [goldSet, answerSet] = [g, a].map((node) => withinLimits(() => realSet(node, budget)));
  return goldSet != null && answerSet != null && equalSets(goldSet, answerSet);
}
