import {
  addFloats,
  type BigFloat,
  bigFloat,
  divideFloats,
  magnitude,
  multiplyFloats,
  negateFloat,
  ONE_FLOAT,
  signOfFloat,
  squareRootFloat,
  subtractFloats,
  toNumber,
  ZERO_FLOAT,
} from './bigFloat.ts';
import { MathLimit } from './budget.ts';
import { angleFloat, expFloat, lnFloat, sinCosFloat } from './elementary.ts';

/** A complex number of two {@link BigFloat}s. */
export interface Complex {
  readonly re: BigFloat;
  readonly im: BigFloat;
}

export const complex = (re: BigFloat, im: BigFloat = ZERO_FLOAT): Complex => ({ re, im });
export const I: Complex = /* @__PURE__ */ complex(ZERO_FLOAT, ONE_FLOAT);
export const complexFromInteger = (n: number | bigint): Complex => complex(bigFloat(BigInt(n)));

export const isReal = (z: Complex): boolean => z.im.mantissa === 0n;
export const isZeroComplex = (z: Complex): boolean => z.re.mantissa === 0n && z.im.mantissa === 0n;

export const addComplex = (a: Complex, b: Complex): Complex =>
  complex(addFloats(a.re, b.re), addFloats(a.im, b.im));
export const negateComplex = (a: Complex): Complex => complex(negateFloat(a.re), negateFloat(a.im));

export function multiplyComplex(a: Complex, b: Complex): Complex {
  if (isReal(a) && isReal(b)) return complex(multiplyFloats(a.re, b.re));
  return complex(
    subtractFloats(multiplyFloats(a.re, b.re), multiplyFloats(a.im, b.im)),
    addFloats(multiplyFloats(a.re, b.im), multiplyFloats(a.im, b.re)),
  );
}

const squareOf = (z: Complex): BigFloat =>
  addFloats(multiplyFloats(z.re, z.re), multiplyFloats(z.im, z.im));

export function divideComplex(a: Complex, b: Complex): Complex {
  if (isReal(a) && isReal(b)) return complex(divideFloats(a.re, b.re));
  const norm = squareOf(b);
  const product = multiplyComplex(a, complex(b.re, negateFloat(b.im)));
  return complex(divideFloats(product.re, norm), divideFloats(product.im, norm));
}

/** |z| */
export const absComplex = (z: Complex): BigFloat => {
  if (isReal(z)) return signOfFloat(z.re) < 0 ? negateFloat(z.re) : z.re;
  return squareRootFloat(squareOf(z));
};

export function expComplex(z: Complex): Complex {
  const size = expFloat(z.re);
  if (isReal(z)) return complex(size);
  const [sin, cos] = sinCosFloat(z.im);
  return complex(multiplyFloats(size, cos), multiplyFloats(size, sin));
}

/** Principal logarithm. @throws {MathLimit} for 0. */
export function logComplex(z: Complex): Complex {
  const size = absComplex(z);
  if (size.mantissa === 0n) throw new MathLimit('log of zero');
  if (isReal(z) && signOfFloat(z.re) > 0) return complex(lnFloat(z.re));
  return complex(lnFloat(size), angleFloat(divideFloats(z.re, size), divideFloats(z.im, size)));
}

/** Principal power; integers up to 64 by repeated squaring, so that they stay real. */
export function powerComplex(base: Complex, exponent: Complex): Complex {
  if (isZeroComplex(exponent)) return complexFromInteger(1);
  if (isZeroComplex(base)) {
    if (signOfFloat(exponent.re) > 0) return base;
    throw new MathLimit('division by zero');
  }
  const n = toNumber(exponent.re);
  if (isReal(exponent) && Number.isInteger(n) && Math.abs(n) <= 64) {
    let result = complexFromInteger(1);
    let square = base;
    for (let k = Math.abs(n); k > 0; k = Math.floor(k / 2)) {
      if (k % 2 === 1) result = multiplyComplex(result, square);
      square = multiplyComplex(square, square);
    }
    return n < 0 ? divideComplex(complexFromInteger(1), result) : result;
  }
  if (isReal(base) && isReal(exponent) && n === 0.5) {
    const root = squareRootFloat(absComplex(base));
    return signOfFloat(base.re) > 0 ? complex(root) : complex(ZERO_FLOAT, root);
  }
  return expComplex(multiplyComplex(exponent, logComplex(base)));
}

/** Whether |a - b| <= 2^-`bits` max(|a|, |b|), where parts that rounding left over count as 0. */
export function closeComplex(a: Complex, b: Complex, bits: number): boolean {
  const size = Math.max(magnitude(absComplex(a)), magnitude(absComplex(b)));
  if (size === Number.NEGATIVE_INFINITY) return true;
  return magnitude(absComplex(addComplex(a, negateComplex(b)))) < size - bits;
}
