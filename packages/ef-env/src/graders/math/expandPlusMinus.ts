import { addNode, type MathNode, negateNode } from './node.ts';

/** Replaces every `±` by + and every `∓` by -, or the other way round. */
function choose(node: MathNode, sign: 1 | -1): MathNode {
  const inside = (child: MathNode): MathNode => choose(child, sign);
  switch (node.type) {
    case 'plus-minus': {
      const right = inside(node.right);
      const signed = node.sign === sign ? right : negateNode(right);
      return node.left === null ? signed : addNode(inside(node.left), signed);
    }
    case 'add':
      return { ...node, terms: node.terms.map(inside) };
    case 'multiply':
      return { ...node, factors: node.factors.map(inside) };
    case 'power':
      return { ...node, base: inside(node.base), exponent: inside(node.exponent) };
    case 'call':
      return { ...node, args: node.args.map(inside) };
    case 'bracket':
      return { ...node, items: node.items.map(inside) };
    case 'relation':
      return { ...node, operands: node.operands.map(inside) };
    default:
      return node;
  }
}

/** Both readings of an answer with `±` in it. */
export const expandPlusMinus = (node: MathNode): [MathNode, MathNode] => [
  choose(node, 1),
  choose(node, -1),
];
