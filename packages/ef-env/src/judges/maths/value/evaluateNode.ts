import {
  type BigFloat,
  bigFloat,
  floorFloat,
  fromRational,
  signOfFloat,
  toNumber,
  ZERO_FLOAT,
} from '../../../numbers/bigFloat.ts';
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
  logComplex,
  multiplyComplex,
  negateComplex,
  powerComplex,
} from '../../../numbers/complexFloat.ts';
import { angleFloat, fromDouble, PI_FLOAT, sinCosFloat } from '../../../numbers/elementary.ts';
import { isInteger, rational } from '../../../numbers/rational.ts';
import { type MathNode, numberNode } from '../read/node.ts';
import { binomial, countingSteps, factorial } from './exactCall.ts';
import { integerRange, normalKey, substitute } from './normalForm.ts';

const TWO = /* @__PURE__ */ complexFromInteger(2);
const half = (z: Complex): Complex => divideComplex(z, TWO);

/** [sin z, cos z] */
function sinCos(z: Complex): [Complex, Complex] {
  if (isReal(z)) return sinCosFloat(z.re).map((x) => complex(x)) as [Complex, Complex]; // two of them
  const up = expComplex(multiplyComplex(I, z));
  const down = divideComplex(complexFromInteger(1), up);
  const sum = addComplex(up, down);
  const difference = addComplex(up, negateComplex(down));
  return [divideComplex(half(difference), I), half(sum)];
}

const realOnly = (z: Complex): BigFloat => {
  if (!isReal(z)) throw new MathLimit('not a real number');
  return z.re;
};

/** The angle whose (cos, sin) is a positive multiple of (x, y). */
function angle(x: Complex, y: Complex): Complex {
  const size = complex(absComplex(complex(realOnly(x), realOnly(y))));
  return complex(angleFloat(divideComplex(x, size).re, divideComplex(y, size).re));
}

const one = /* @__PURE__ */ complexFromInteger(1);
const squareRoot = (z: Complex): Complex => powerComplex(z, complex(bigFloat(1n, -1)));
const subtract = (a: Complex, b: Complex): Complex => addComplex(a, negateComplex(b));
const integerOf = (z: Complex): bigint => {
  const n = realOnly(z);
  const floor = floorFloat(n);
  if (toNumber(n) !== Number(floor)) throw new MathLimit('not an integer');
  return floor;
};

const FUNCTIONS: Record<string, (...args: Complex[]) => Complex> = {
  sin: (z) => sinCos(z)[0],
  cos: (z) => sinCos(z)[1],
  tan: (z) => divideComplex(...sinCos(z)),
  cot: (z) => divideComplex(...(sinCos(z).reverse() as [Complex, Complex])),
  sec: (z) => divideComplex(one, sinCos(z)[1]),
  csc: (z) => divideComplex(one, sinCos(z)[0]),
  arcsin: (z) => angle(squareRoot(subtract(one, multiplyComplex(z, z))), z),
  arccos: (z) => angle(z, squareRoot(subtract(one, multiplyComplex(z, z)))),
  arctan: (z) => angle(one, z),
  arccot: (z) => angle(z, one),
  cis: (z) => expComplex(multiplyComplex(I, z)),
  sinh: (z) => half(subtract(expComplex(z), expComplex(negateComplex(z)))),
  cosh: (z) => half(addComplex(expComplex(z), expComplex(negateComplex(z)))),
  tanh: (z) =>
    divideComplex(
      subtract(expComplex(z), expComplex(negateComplex(z))),
      addComplex(expComplex(z), expComplex(negateComplex(z))),
    ),
  log: (a, b) => (b === undefined ? logComplex(a) : divideComplex(logComplex(b), logComplex(a))),
  abs: (z) => complex(absComplex(z)),
  Re: (z) => complex(z.re),
  Im: (z) => complex(z.im),
  floor: (z) => complexFromInteger(floorFloat(realOnly(z))),
  ceil: (z) => complexFromInteger(-floorFloat(realOnly(negateComplex(z)))),
  factorial: (z) => complexFromInteger(factorial(integerOf(z))),
  binomial: (n, k) => complexFromInteger(binomial(integerOf(n), integerOf(k!))),
  mod: (a, m) => {
    const modulus = integerOf(m!);
    if (modulus === 0n) throw new MathLimit('division by zero');
    return complexFromInteger(((integerOf(a) % modulus) + modulus) % modulus);
  },
  max: (...all) => all.reduce((a, b) => (signOfFloat(realOnly(subtract(a, b))) >= 0 ? a : b)),
  min: (...all) => all.reduce((a, b) => (signOfFloat(realOnly(subtract(a, b))) <= 0 ? a : b)),
};

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
  if (name === 'e') return expComplex(one);
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

/** Sizes of the values in rounds 0 and 1, 2 and 3, 4 and 5: least, range. */
const PROBES = [
  [1, 2],
  [0.2, 0.7],
  [20, 40],
] as const;

/**
 * A value for a symbol that no formula would name, the same for the same name: of different sizes, so that
 * `|x + 10|`, `\max(x, 5)` and \arcsin x show what they are; negative in odd rounds. `whole`: a whole
 * number >= 3, for factorials.
 */
export function probeValue(name: string, round: number, whole: boolean): Complex {
  let hash = 0x811c9dc5 ^ Math.imul(round + 1, 0x9e3779b9);
  for (const unit of name) hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97) >>> 0;
  if (whole) return complexFromInteger(3 + (hash % 17));
  const [least, range] = PROBES[round >> 1]!;
  const size = least + (hash / 2 ** 32) * range;
  return complex(fromDouble(round % 2 === 1 ? -size : size), ZERO_FLOAT);
}
