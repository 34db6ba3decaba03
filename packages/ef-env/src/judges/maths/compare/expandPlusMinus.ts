import { addNode, type MathNode, mapChildren, negateNode, someNode } from '../read/node.ts';

const hasPlusMinus = (node: MathNode): boolean => someNode(node, (n) => n.type === 'plus-minus');

/** Replaces every `±` by + and every `∓` by -, or the other way round. */
function choose(node: MathNode, sign: 1 | -1): MathNode {
  if (node.type !== 'plus-minus') return mapChildren(node, (child) => choose(child, sign));
  const right = choose(node.right, sign);
  const signed = node.sign === sign ? right : negateNode(right);
  return node.left === null ? signed : addNode(choose(node.left, sign), signed);
}

/** Both readings of each item with a `±` of its own: `\{0, \pm 3\}` has three items. */
const writtenOut = (items: readonly MathNode[]): MathNode[] =>
  items.flatMap((item) => (hasPlusMinus(item) ? [choose(item, 1), choose(item, -1)] : [item]));

/** `±` in a set or list gives it more items, wherever the set stands. */
function expandCollections(node: MathNode): MathNode {
  const inside = mapChildren(node, expandCollections);
  return inside.type === 'set' || inside.type === 'list'
    ? { ...inside, items: writtenOut(inside.items) }
    : inside;
}

/** The same answer without `±`: sets and lists have both values, all else becomes a list of its two readings. */
export function expandPlusMinus(node: MathNode): MathNode {
  if (!hasPlusMinus(node)) return node;
  const expanded = expandCollections(node);
  return hasPlusMinus(expanded)
    ? { type: 'list', items: [choose(expanded, 1), choose(expanded, -1)] }
    : expanded;
}
