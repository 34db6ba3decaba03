import { isLabel } from '../read/isLabel.ts';
import { type MathNode, someNode } from '../read/node.ts';

const isConstant = (node: MathNode): boolean =>
  !someNode(node, (n) => n.type === 'symbol' || n.type === 'text');

/**
 * What an answer of the form `name = value` states: 5 for `x = 5`, `5 = x`, `x = 2 + 3 = 5` and
 * `x = 5 \approx 5.0`; the set for `x \in S`. `null` for an equation between two expressions.
 */
export function assignedValue(node: MathNode): MathNode | null {
  if (node.type !== 'relation') return node;
  if (node.operators.some((operator) => operator !== '=' && operator !== '~' && operator !== 'in'))
    return null;
  const rounded = node.operators.indexOf('~');
  // `x = 1/3 \approx 0.33` states 1/3; `x \approx 0.33` states 0.33
  const exact =
    rounded > 0 || (rounded === 0 && !isLabel(node.operands[0]!))
      ? node.operands.slice(0, rounded + 1)
      : node.operands;
  if (exact.length === 1) return exact[0]!;
  const last = exact.at(-1)!; // never empty
  const first = exact[0]!;
  if (isLabel(first) && !isLabel(last)) return last;
  if (exact.length === 2 && isLabel(last) && isConstant(first)) return first;
  if (isLabel(first)) return last;
  if (exact.every(isConstant)) return last;
  return exact.length > 2 && isConstant(last) && exact.some(isLabel) ? last : null;
}
