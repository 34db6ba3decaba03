import { type MathNode, mapChildren, numberNode, someNode } from './node.ts';

/** The name of a logarithm that is written without its base. */
export const BARE_LOG = 'log without a base';

const isBare = (node: MathNode): boolean => node.type === 'call' && node.name === BARE_LOG;

/** Every `\\log` without a base as the natural one, or as the one to base 10. */
function withBase(node: MathNode, base: 'e' | 10): MathNode {
  const inside = mapChildren(node, (child) => withBase(child, base));
  if (inside.type !== 'call' || !isBare(inside)) return inside;
  return {
    ...inside,
    name: 'log',
    args: base === 10 ? [numberNode(10), ...inside.args] : inside.args,
  };
}

/**
 * The readings of a pair with `\\log` in it: schools mean base 10, universities e. Both sides are read alike, so that
 * `\\log 100` is 2 or `\\ln 100`, and never makes these two equal.
 */
export function logReadings(gold: MathNode, answer: MathNode): [MathNode, MathNode][] {
  if (!someNode(gold, isBare) && !someNode(answer, isBare)) return [[gold, answer]];
  return (['e', 10] as const).map((base) => [withBase(gold, base), withBase(answer, base)]);
}
