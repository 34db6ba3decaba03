import type { MathNode } from '../read/node.ts';

/** The letter of a name without its index: x of `x_1`. */
export const baseName = (name: string): string => name.split('_', 1)[0]!;

/** `x = 5` gives the name x; `null` where the left side is no single letter. */
export function assignedName(node: MathNode): string | null {
  if (node.type !== 'relation' || node.operators[0] !== '=') return null;
  const [first, second] = node.operands;
  if (first?.type === 'symbol') return first.name;
  return node.operands.length === 2 && second?.type === 'symbol' && first?.type === 'number'
    ? second.name
    : null;
}

/**
 * What each letter is in `x = 1, y = 2` or `(x, y) = (1, 2)`, in the order written; `null` where fewer than
 * two different letters are given a value (`x = 1, x = 2` and `x_1 = 1, x_2 = 2` are sets of solutions).
 */
export function namedValues(node: MathNode): Map<string, MathNode> | null {
  const pairs = pairsOf(node);
  if (pairs === null || pairs.length < 2) return null;
  const letters = new Set(pairs.map(([name]) => baseName(name)));
  return letters.size === pairs.length ? new Map(pairs) : null;
}

function pairsOf(node: MathNode): [string, MathNode][] | null {
  if (node.type === 'relation') {
    const [left, right] = node.operands;
    const [names, values] = [itemsOf(left), itemsOf(right)];
    if (node.operators.join() !== '=' || names === null || names.length !== values?.length)
      return null;
    const named = names.map((name) => (name.type === 'symbol' ? name.name : null));
    return named.every((name) => name !== null)
      ? named.map((name, i): [string, MathNode] => [name, values[i]!])
      : null;
  }
  const items = itemsOf(node);
  if (items === null) return null;
  const pairs = items.map((item): [string, MathNode] | null => {
    const name = assignedName(item);
    if (name === null || item.type !== 'relation' || item.operands.length !== 2) return null;
    const [left, right] = item.operands as [MathNode, MathNode]; // just counted
    return [name, left.type === 'symbol' ? right : left];
  });
  return pairs.every((pair) => pair !== null) ? pairs : null;
}

const itemsOf = (node: MathNode | undefined): MathNode[] | null =>
  node?.type === 'list' || node?.type === 'set' || node?.type === 'bracket' ? node.items : null;

/** The values as written and, where that differs, in the order of their names. */
export function orders(named: ReadonlyMap<string, MathNode>): MathNode[][] {
  const sorted = [...named].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
  return [[...named.values()], sorted];
}
