import { isInteger } from '../../../numbers/rational.ts';
import { addNode, divideNode, type MathNode, negateNode } from '../read/node.ts';
import { rationalValue } from '../value/rationalValue.ts';
import { assignedValue } from './assignedValue.ts';
import type { Comparison } from './comparison.ts';

/** `2 \\pmod 5`, `2 \\bmod 5` or `x \\equiv 2 \\pmod 5` as an answer: its number and modulus. */
function residueOf(node: MathNode): { value: MathNode; modulus: MathNode } | null {
  if (node.type !== 'call' || (node.name !== 'pmod' && node.name !== 'mod')) return null;
  const [of, modulus] = node.args;
  const value = of === undefined ? null : assignedValue(of);
  return value === null || modulus === undefined ? null : { value, modulus };
}

/** A class of residues equals the same class and no number; `null` where neither side is one. */
export function compareResidues(
  g: MathNode,
  a: MathNode,
  { compare, budget }: Pick<Comparison, 'compare' | 'budget'>,
): boolean | null {
  const [gold, answer] = [residueOf(g), residueOf(a)];
  if (gold === null && answer === null) return null;
  if (gold === null || answer === null || !compare(gold.modulus, answer.modulus)) return false;
  const difference = addNode(gold.value, negateNode(answer.value));
  const turns = rationalValue(divideNode(difference, gold.modulus), budget);
  return turns === null ? compare(gold.value, answer.value) : isInteger(turns);
}
