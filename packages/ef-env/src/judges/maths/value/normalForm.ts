import { type Budget, MathLimit } from '../../../numbers/budget.ts';
import { costOf, isInteger, rational } from '../../../numbers/rational.ts';
import { type MathNode, numberNode } from '../read/node.ts';
import { exactCall } from './exactCall.ts';
import { powerSum, times } from './powerSum.ts';
import { substitute } from './substitute.ts';
import {
  addSums,
  atomSum,
  constantSum,
  scaleSum,
  sumAsRational,
  sumKey,
  type TermSum,
} from './termSum.ts';

/**
 * The exact normal form of an expression: multiplied out over the rationals, with symbols, pi, e, i,
 * roots of primes and function values as atoms. Equal forms mean equal expressions; different forms
 * mean different ones only where all atoms are symbols.
 *
 * @throws {MathLimit} if the form is too large, or the node is no single value.
 */
export function normalForm(node: MathNode, budget: Budget): TermSum {
  budget.spend();
  const form = (child: MathNode): TermSum => normalForm(child, budget);
  switch (node.type) {
    case 'number':
      return constantSum(node.value);
    case 'symbol':
      return atomSum(`s:${node.name}`);
    case 'constant':
      return atomSum(`c:${node.name}`);
    case 'add':
      return addSums(
        ...node.terms.map((term) => {
          const sum = form(term);
          for (const { coefficient } of sum.values()) budget.spend(costOf(coefficient));
          return sum;
        }),
      );
    case 'multiply':
      return node.factors.map(form).reduce((product, factor) => times(product, factor, budget));
    case 'power':
      if (node.base.type === 'symbol' && node.exponent.type === 'number')
        return atomSum(`s:${node.base.name}`, node.exponent.value);
      return powerSum(form(node.base), form(node.exponent), budget);
    case 'percent':
      return scaleSum(form(node.value), rational(1, 100));
    case 'degrees':
      return scaleSum(times(form(node.value), atomSum('c:pi'), budget), rational(1, 180));
    case 'quantity':
      return form(node.value);
    case 'based':
      return atomSum(`b:${node.digits}_${node.base}`);
    case 'call':
      return exactCall(node.name, node.args.map(form), budget);
    case 'big':
      return bigOperator(node, budget);
    default:
      throw new MathLimit(`${node.type} is no single value`);
  }
}

/** Sums and products over a short range of integers are written out; the rest stays one atom. */
function bigOperator(node: MathNode & { type: 'big' }, budget: Budget): TermSum {
  const range = integerRange(node, budget);
  if (range !== null) {
    let total = constantSum(rational(node.name === 'sum' ? 0 : 1));
    for (let k = range.first; k <= range.last; k++) {
      const term = normalForm(substitute(node.body, range.variable, numberNode(k)), budget);
      total = node.name === 'sum' ? addSums(total, term) : times(total, term, budget);
    }
    return total;
  }
  const part = (child: MathNode | null): string => {
    if (child === null) return '';
    if (child.type === 'relation') return child.operands.map(part).join(child.operators.join());
    return sumKey(normalForm(child, budget));
  };
  return atomSum(`f:${node.name}(${part(node.below)};${part(node.above)};${part(node.body)})`);
}

/** The range of `\sum_{k=a}^{b}` if it is at most 200 integers long. */
export function integerRange(
  node: MathNode & { type: 'big' },
  budget: Budget,
): { variable: string; first: bigint; last: bigint } | null {
  const { below, above, name } = node;
  if (name !== 'sum' && name !== 'product') return null;
  if (below?.type !== 'relation' || above === null) return null;
  const variable = below.operands[0];
  const [first, last] = [below.operands[1]!, above].map((end) => {
    try {
      return sumAsRational(normalForm(end, budget));
    } catch {
      return null;
    }
  });
  if (variable?.type !== 'symbol' || !first || !last || !isInteger(first) || !isInteger(last))
    return null;
  if (last.numerator - first.numerator > 200n) return null;
  return { variable: variable.name, first: first.numerator, last: last.numerator };
}

/** The text of the normal form: the identity of an expression. */
export const normalKey = (node: MathNode, budget: Budget): string =>
  sumKey(normalForm(node, budget));
