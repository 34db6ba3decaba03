import { type BigFloat, negateFloat } from '../../../numbers/bigFloat.ts';
import type { Budget } from '../../../numbers/budget.ts';
import { isLabel } from '../read/isLabel.ts';
import { childrenOf, type MathNode, negateNode, type RelationOperator } from '../read/node.ts';
import { baseName } from './namedValues.ts';
import {
  ALL,
  complementOf,
  endOf,
  equalSets,
  intersectionOf,
  OPEN_END,
  pointSet,
  type RealSet,
  realSet,
  unionOf,
} from './realSet.ts';

/** What an inequality says about its unknown. */
export interface Solutions {
  /** The letters of the unknown. */
  readonly unknown: string;
  readonly set: RealSet;
}

/** The same set, and the same unknown where both are single letters. */
export const sameSolutions = (a: Solutions, b: Solutions): boolean =>
  (a.unknown === b.unknown || a.unknown.length !== 1 || b.unknown.length !== 1) &&
  equalSets(a.set, b.set);

const FLIPPED: Partial<Record<RelationOperator, RelationOperator>> = {
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
  '!=': '!=',
};

/**
 * The solutions of `a < x <= b`, `|x| >= a`, `x \ne a` and the like, with one unknown standing alone. Those of a
 * list are joined, unless they would be all numbers: then 'and' or a comma asks for both (`x > 1` and `x < 3`).
 * `null` for all else, and for inequalities about different unknowns.
 */
export function solutionSet(node: MathNode, budget: Budget): Solutions | null {
  if (node.type === 'list') {
    const parts = node.items.map((item) => solutionSet(item, budget));
    const [first] = parts;
    if (!first || !parts.every((part) => part !== null && part.unknown === first.unknown))
      return null;
    const sets = (parts as Solutions[]).map(({ set }) => set); // just tested
    const union = unionOf(...sets);
    const both = node.or !== true && equalSets(union, ALL);
    return { unknown: first.unknown, set: both ? sets.reduce(intersectionOf) : union };
  }
  if (node.type !== 'relation') return null;
  const unknowns = new Set<string>();
  let set: RealSet = ALL;
  for (let i = 0; i < node.operators.length; i++) {
    const operator = node.operators[i]!;
    const [left, right] = [node.operands[i]!, node.operands[i + 1]!];
    let solved: RealSet | null = null;
    if (operator === 'in') solved = isLabel(left) ? realSet(right, budget) : null;
    else if (isUnknown(left)) solved = solve({ unknown: left, operator, bound: right }, budget);
    else if (isUnknown(right) && FLIPPED[operator] !== undefined)
      solved = solve({ unknown: right, operator: FLIPPED[operator], bound: left }, budget);
    if (solved === null) return null;
    unknowns.add(lettersOf(operator === 'in' || isUnknown(left) ? left : right));
    set = intersectionOf(set, solved);
  }
  const [unknown] = unknowns;
  return unknown === undefined || unknowns.size > 1 ? null : { unknown, set };
}

/** `-x` and `|x|` are about x. */
const lettersOf = (node: MathNode): string =>
  node.type === 'symbol' ? baseName(node.name) : childrenOf(node).map(lettersOf).join('');

const isAbsolute = (node: MathNode): boolean =>
  node.type === 'call' && node.name === 'abs' && isLabel(node.args[0]!);
const isMinusLabel = (node: MathNode): boolean =>
  node.type === 'multiply' &&
  node.factors.length === 2 &&
  isMinusOne(node.factors[0]!) &&
  isLabel(node.factors[1]!);
const isMinusOne = (node: MathNode): boolean =>
  node.type === 'number' && node.value.numerator === -1n && node.value.denominator === 1n;
const isUnknown = (node: MathNode): boolean =>
  isLabel(node) || isAbsolute(node) || isMinusLabel(node);

/** An unknown and what it is compared with. */
interface Inequality {
  unknown: MathNode;
  operator: RelationOperator;
  bound: MathNode;
}

function solve({ unknown, operator, bound }: Inequality, budget: Budget): RealSet | null {
  if (isMinusLabel(unknown) && unknown.type === 'multiply' && FLIPPED[operator] !== undefined) {
    const [, positive] = unknown.factors as [MathNode, MathNode]; // just counted
    return solve(
      { unknown: positive, operator: FLIPPED[operator], bound: negateNode(bound) },
      budget,
    );
  }
  const at = endOf(bound, budget);
  if (at === null) return null;
  if (typeof at === 'string')
    return (operator === '<' && at === '+') || (operator === '>' && at === '-') ? ALL : null;
  const closed = operator === '<=' || operator === '>=';
  const above: RealSet = [{ low: { at, closed }, high: OPEN_END }];
  const below: RealSet = [{ low: OPEN_END, high: { at, closed } }];
  const mirror: BigFloat = negateFloat(at);
  if (isAbsolute(unknown)) {
    const inside = intersectionOf(below, [{ low: { at: mirror, closed }, high: OPEN_END }]);
    if (operator === '<' || operator === '<=') return inside;
    const outside = unionOf(above, [{ low: OPEN_END, high: { at: mirror, closed } }]);
    return operator === '>' || operator === '>=' ? outside : null;
  }
  if (operator === '<' || operator === '<=') return below;
  if (operator === '>' || operator === '>=') return above;
  return operator === '!=' ? complementOf(pointSet(at)) : null;
}
