import { fromRational, signOfFloat } from '../../../numbers/bigFloat.ts';
import { type Budget, MathLimit } from '../../../numbers/budget.ts';
import {
  absComplex,
  addComplex,
  type Complex,
  complex,
  complexFromInteger,
  divideComplex,
  expComplex,
  I,
  isReal,
  multiplyComplex,
  negateComplex,
  powerComplex,
} from '../../../numbers/complexFloat.ts';
import { PI_FLOAT } from '../../../numbers/elementary.ts';
import { isInteger, rational } from '../../../numbers/rational.ts';
import { type MathNode, numberNode } from '../read/node.ts';
import { FUNCTIONS, integerOf } from './complexFunctions.ts';
import { countingSteps } from './exactCall.ts';
import { integerRange, normalKey } from './normalForm.ts';
import { substitute } from './substitute.ts';

/**
 * The value of an expression to about 190 bits. `lookUp` gives the value of a symbol; a function or an
 * integral we do not know is a symbol too, named by its normal form.
 *
 * @throws {MathLimit} where there is no value or it takes too long.
 */
export function evaluateNode(
  node: MathNode,
  lookUp: (name: string) => Complex,
  budget: Budget,
): Complex {
  budget.spend(20);
  const at = (child: MathNode): Complex => evaluateNode(child, lookUp, budget);
  switch (node.type) {
    case 'number':
      return complex(fromRational(node.value));
    case 'symbol':
      return lookUp(node.name);
    case 'constant':
      return constant(node.name);
    case 'add':
      return node.terms.map(at).reduce(addComplex);
    case 'multiply':
      return node.factors.map(at).reduce(multiplyComplex);
    case 'power':
      return power(node.base, node.exponent, at);
    case 'percent':
      return divideComplex(at(node.value), complexFromInteger(100));
    case 'degrees':
      return divideComplex(
        multiplyComplex(at(node.value), complex(PI_FLOAT)),
        complexFromInteger(180),
      );
    case 'quantity':
      return at(node.value);
    case 'call': {
      if (!Object.hasOwn(FUNCTIONS, node.name)) return lookUp(normalKey(node, budget));
      const args = node.args.map(at);
      if (node.name === 'factorial' || node.name === 'binomial')
        budget.spend(8 * countingSteps(rational(integerOf(args[0]!))));
      return FUNCTIONS[node.name]!(...args);
    }
    case 'big': {
      const range = integerRange(node, budget);
      if (range === null) return lookUp(normalKey(node, budget));
      let total = complexFromInteger(node.name === 'sum' ? 0 : 1);
      for (let k = range.first; k <= range.last; k++) {
        const term = at(substitute(node.body, range.variable, numberNode(k)));
        total = node.name === 'sum' ? addComplex(total, term) : multiplyComplex(total, term);
      }
      return total;
    }
    default:
      throw new MathLimit(`${node.type} has no value`);
  }
}

function constant(name: 'pi' | 'e' | 'i' | 'infinity'): Complex {
  if (name === 'pi') return complex(PI_FLOAT);
  if (name === 'e') return expComplex(complexFromInteger(1));
  if (name === 'i') return I;
  throw new MathLimit('infinity has no value');
}

/** A root of odd index of a negative number is the real one, as in `\sqrt[3]{-8} = -2`. */
function power(base: MathNode, exponent: MathNode, at: (node: MathNode) => Complex): Complex {
  const b = at(base);
  const negative = isReal(b) && signOfFloat(b.re) < 0;
  if (negative) {
    const e = rootExponent(exponent);
    if (e !== null && e.denominator % 2n === 1n && !isInteger(e)) {
      const size = powerComplex(complex(absComplex(b)), complex(fromRational(e)));
      return e.numerator % 2n === 0n ? size : negateComplex(size);
    }
  }
  return powerComplex(b, at(exponent));
}

/** The exponent as a fraction if it is written as one. */
function rootExponent(node: MathNode): ReturnType<typeof rational> | null {
  if (node.type === 'number') return node.decimal ? null : node.value;
  if (node.type !== 'multiply' || node.factors.length !== 2) return null;
  const [top, inverse] = node.factors;
  if (top?.type !== 'number' || inverse?.type !== 'power' || inverse.base.type !== 'number')
    return null;
  const { base, exponent } = inverse;
  const isInverse =
    exponent.type === 'number' && exponent.value.numerator === -1n && isInteger(exponent.value);
  if (!isInverse || !isInteger(top.value) || !isInteger(base.value) || base.value.numerator === 0n)
    return null;
  return rational(top.value.numerator, base.value.numerator);
}
