import { type Budget, withinLimits } from '../../../numbers/budget.ts';
import {
  addRationals,
  costOf,
  isInteger,
  multiplyRationals,
  ONE,
  powerRational,
  type Rational,
  ZERO,
} from '../../../numbers/rational.ts';
import type { MathNode } from '../read/node.ts';

/**
 * The value of a calculation with rational numbers alone, or `null`: most answers are one, and this is much
 * quicker than their normal form.
 */
export const rationalValue = (node: MathNode, budget: Budget): Rational | null =>
  withinLimits(() => calculated(node, budget));

function calculated(node: MathNode, budget: Budget): Rational | null {
  switch (node.type) {
    case 'number':
      return node.value;
    case 'add':
      return combined(node.terms, SUM, budget);
    case 'multiply':
      return combined(node.factors, PRODUCT, budget);
    case 'power': {
      const [base, exponent] = [calculated(node.base, budget), calculated(node.exponent, budget)];
      if (base === null || exponent === null || !isInteger(exponent)) return null;
      return powerRational(base, exponent.numerator);
    }
    default:
      return null;
  }
}

const SUM = { start: ZERO, combine: addRationals };
const PRODUCT: typeof SUM = { start: ONE, combine: multiplyRationals };

function combined(
  nodes: readonly MathNode[],
  { start, combine }: typeof SUM,
  budget: Budget,
): Rational | null {
  let total = start;
  for (const node of nodes) {
    const value = calculated(node, budget);
    if (value === null) return null;
    budget.spend(costOf(value) + costOf(total));
    total = combine(total, value);
  }
  return total;
}
