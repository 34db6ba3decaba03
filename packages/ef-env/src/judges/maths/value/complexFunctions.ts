import {
  type BigFloat,
  bigFloat,
  floorFloat,
  signOfFloat,
  toNumber,
} from '../../../numbers/bigFloat.ts';
import { MathLimit } from '../../../numbers/budget.ts';
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
import { angleFloat, sinCosFloat } from '../../../numbers/elementary.ts';
import { binomial, factorial } from './exactCall.ts';

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
/** @throws {MathLimit} for what is no integer. */
export const integerOf = (z: Complex): bigint => {
  const n = realOnly(z);
  const floor = floorFloat(n);
  if (toNumber(n) !== Number(floor)) throw new MathLimit('not an integer');
  return floor;
};

/** The functions of formulas for complex numbers of about 190 bits. */
export const FUNCTIONS: Record<string, (...args: Complex[]) => Complex> = {
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
