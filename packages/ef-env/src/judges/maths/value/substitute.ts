import { type MathNode, mapChildren } from '../read/node.ts';

/** `node` with every symbol `name` replaced, but where a sum or product inside counts with the same letter. */
export function substitute(node: MathNode, name: string, value: MathNode): MathNode {
  if (node.type === 'symbol') return node.name === name ? value : node;
  const bound = node.type === 'big' && node.below?.type === 'relation' && node.below.operands[0];
  if (bound && bound.type === 'symbol' && bound.name === name) return node;
  return mapChildren(node, (child) => substitute(child, name, value));
}
