import { addNode, type MathNode, negateNode, type RelationOperator } from '../read/node.ts';
import { rationalRatio } from '../value/equalValues.ts';
import type { Comparison } from './comparison.ts';

type Relation = MathNode & { type: 'relation' };

const REVERSED: Record<RelationOperator, RelationOperator | null> = {
  '=': '=', '~': '~', '!=': '!=', '<': '>', '>': '<', '<=': '>=', '>=': '<=', in: null,
}; // biome-ignore format: a table

/**
 * Whether two relations say the same: the same operands and signs, read in either direction, or
 * left minus right of one a multiple of the other's (`2x + 4y = 3` and `y = 3/4 - x/2`; for
 * inequalities the sign of the factor turns the direction).
 */
export function compareRelations(
  gold: Relation,
  answer: Relation,
  { compare, budget }: Pick<Comparison, 'compare' | 'budget'>,
): boolean {
  const n = gold.operators.length;
  if (answer.operators.length === n) {
    const same = gold.operators.every((operator, i) => operator === answer.operators[i]);
    if (same && gold.operands.every((operand, i) => compare(operand, answer.operands[i]!)))
      return true;
    const reversed = gold.operators.every(
      (operator, i) => REVERSED[operator] === answer.operators[n - 1 - i],
    );
    if (reversed && gold.operands.every((operand, i) => compare(operand, answer.operands[n - i]!)))
      return true;
  }
  if (n !== 1 || answer.operators.length !== 1) return false;
  const [left, right] = [gold.operators[0]!, answer.operators[0]!];
  const factor = rationalRatio(leftMinusRight(gold), leftMinusRight(answer), budget);
  if (factor === null) return false;
  return factor > 0 || left === '=' || left === '!=' ? left === right : REVERSED[left] === right;
}

const leftMinusRight = ({ operands }: Relation): MathNode =>
  addNode(operands[0]!, negateNode(operands[1]!));
