import {
  type BigFloat,
  magnitude,
  signOfFloat,
  subtractFloats,
} from '../../../numbers/bigFloat.ts';
import { type Budget, MathLimit, withinLimits } from '../../../numbers/budget.ts';
import { isReal } from '../../../numbers/complexFloat.ts';
import { type MathNode, someNode } from '../read/node.ts';
import { evaluateNode } from '../value/evaluateNode.ts';

/** An end of an interval; `null` = infinite. */
interface End {
  readonly at: BigFloat | null;
  readonly closed: boolean;
}
interface Piece {
  readonly low: End;
  readonly high: End;
}
/** A set of real numbers: pieces in order, none touching the next. */
export type RealSet = readonly Piece[];

export const OPEN_END: End = { at: null, closed: false };
export const ALL: RealSet = [{ low: OPEN_END, high: OPEN_END }];

/** Ends closer than this (relative) are the same number. */
const SHARED_BITS = 80;
function compareAt(a: BigFloat, b: BigFloat): number {
  const difference = subtractFloats(a, b);
  if (magnitude(difference) < Math.max(magnitude(a), magnitude(b)) - SHARED_BITS) return 0;
  return signOfFloat(difference);
}

/** Order of low ends: -infinity first, then closed before open. */
function compareLow(a: End, b: End): number {
  if (a.at === null || b.at === null) return (a.at === null ? 0 : 1) - (b.at === null ? 0 : 1);
  return compareAt(a.at, b.at) || Number(b.closed) - Number(a.closed);
}

/** Order of high ends: open before closed, infinity last. */
function compareHigh(a: End, b: End): number {
  if (a.at === null || b.at === null) return (a.at === null ? 1 : 0) - (b.at === null ? 1 : 0);
  return compareAt(a.at, b.at) || Number(a.closed) - Number(b.closed);
}

const isEmpty = ({ low, high }: Piece): boolean => {
  if (low.at === null || high.at === null) return false;
  const order = compareAt(low.at, high.at);
  return order > 0 || (order === 0 && !(low.closed && high.closed));
};

/** Whether the next piece begins inside or right at the end of this one. */
const touches = (high: End, low: End): boolean => {
  if (high.at === null || low.at === null) return true;
  const order = compareAt(low.at, high.at);
  return order < 0 || (order === 0 && (low.closed || high.closed));
};

/** Sorted pieces, joined where they touch. */
export function unionOf(...sets: RealSet[]): RealSet {
  const pieces = sets
    .flat()
    .filter((piece) => !isEmpty(piece))
    .sort((a, b) => compareLow(a.low, b.low));
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last !== undefined && touches(last.high, piece.low)) {
      const high = compareHigh(last.high, piece.high) >= 0 ? last.high : piece.high;
      joined[joined.length - 1] = { low: last.low, high };
    } else joined.push(piece);
  }
  return joined;
}

export const intersectionOf = (a: RealSet, b: RealSet): RealSet =>
  unionOf(
    a.flatMap((x) =>
      b.map((y) => ({
        low: compareLow(x.low, y.low) >= 0 ? x.low : y.low,
        high: compareHigh(x.high, y.high) <= 0 ? x.high : y.high,
      })),
    ),
  );

/** The real numbers that are not in the set. */
export function complementOf(set: RealSet): RealSet {
  let rest: RealSet = ALL;
  for (const { low, high } of set) {
    const outside: Piece[] = [];
    if (low.at !== null) outside.push({ low: OPEN_END, high: { at: low.at, closed: !low.closed } });
    if (high.at !== null)
      outside.push({ low: { at: high.at, closed: !high.closed }, high: OPEN_END });
    rest = intersectionOf(rest, outside);
  }
  return rest;
}

export const equalSets = (a: RealSet, b: RealSet): boolean =>
  a.length === b.length &&
  a.every(
    (piece, i) =>
      compareLow(piece.low, b[i]!.low) === 0 && compareHigh(piece.high, b[i]!.high) === 0,
  );

const noSymbols = (name: string): never => {
  throw new MathLimit(`${name} has no value`);
};

/** A real constant, `'+'` or `'-'` for infinity, or `null`. */
export function endOf(node: MathNode, budget: Budget): BigFloat | '+' | '-' | null {
  if (node.type === 'constant' && node.name === 'infinity') return '+';
  if (someNode(node, (n) => n.type === 'constant' && n.name === 'infinity')) {
    return node.type === 'multiply' &&
      node.factors.some((f) => f.type === 'number' && f.value.numerator < 0n)
      ? '-'
      : '+';
  }
  const value = withinLimits(() => evaluateNode(node, noSymbols, budget));
  return value !== null && isReal(value) ? value.re : null;
}

export const pointSet = (at: BigFloat): RealSet => [
  { low: { at, closed: true }, high: { at, closed: true } },
];

/** The set that a node describes, or `null` where it is no set of real constants. */
export function realSet(node: MathNode, budget: Budget): RealSet | null {
  switch (node.type) {
    case 'symbol':
      return /^\\(mathbb\{)?R\}?$/.test(node.name) ? ALL : null;
    case 'bracket': {
      if (node.items.length !== 2) return null;
      const [low, high] = node.items.map((item) => endOf(item, budget));
      if (
        low === null ||
        high === null ||
        low === '+' ||
        high === '-' ||
        low === undefined ||
        high === undefined
      )
        return null;
      const piece: Piece = {
        low: low === '-' ? OPEN_END : { at: low, closed: node.open === '[' },
        high: high === '+' ? OPEN_END : { at: high, closed: node.close === ']' },
      };
      return isEmpty(piece) ? null : [piece]; // (3, -4) is a point
    }
    case 'set': {
      const points = node.items.map((item) => endOf(item, budget));
      if (points.some((point) => point === null || typeof point === 'string')) return null;
      return unionOf(...points.map((point) => pointSet(point as BigFloat))); // just tested
    }
    case 'combination': {
      const parts = node.parts.map((part) => realSet(part, budget));
      if (parts.some((part) => part === null)) return null;
      const sets = parts as RealSet[]; // just tested
      if (node.operator === 'union') return unionOf(...sets);
      if (node.operator === 'intersection') return sets.reduce(intersectionOf);
      return sets.reduce((a, b) => intersectionOf(a, complementOf(b)));
    }
    default:
      return null;
  }
}
