import { MathLimit } from './budget.ts';
import type { Rational } from './rational.ts';

/** A real number `mantissa * 2^exponent`, rounded to {@link PRECISION} bits. */
export interface BigFloat {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** Bits kept. 192 leave 100 to compare with after a loss of 92 to cancellation. */
export const PRECISION = 192;
/** Numbers beyond 2^±(2^40) are not computed. */
const MAX_EXPONENT = 2 ** 40;

/** Bits of |x|, perhaps one too many. */
const bits = (x: bigint): number => {
  const size = Math.abs(Number(x));
  if (Number.isFinite(size)) return size === 0 ? 0 : Math.floor(Math.log2(size)) + 1;
  return (x < 0n ? -x : x).toString(16).length * 4;
};

/** Rounds towards minus infinity to {@link PRECISION} bits. */
export function bigFloat(mantissa: bigint, exponent = 0): BigFloat {
  if (mantissa === 0n) return { mantissa, exponent: 0 };
  const excess = bits(mantissa) - PRECISION;
  const rounded = excess > 0 ? mantissa >> BigInt(excess) : mantissa;
  const shifted = excess > 0 ? exponent + excess : exponent;
  if (Math.abs(shifted) > MAX_EXPONENT) throw new MathLimit('exponent too large');
  return { mantissa: rounded, exponent: shifted };
}

export const ZERO_FLOAT: BigFloat = /* @__PURE__ */ bigFloat(0n);
export const ONE_FLOAT: BigFloat = /* @__PURE__ */ bigFloat(1n);

export const fromRational = ({ numerator, denominator }: Rational): BigFloat =>
  divideFloats(bigFloat(numerator), bigFloat(denominator));

/** The nearest double; may be 0 or infinite. */
export function toNumber({ mantissa, exponent }: BigFloat): number {
  const excess = Math.max(0, bits(mantissa) - 60);
  return Number(mantissa >> BigInt(excess)) * 2 ** (exponent + excess);
}

/** log2 of |x|, to within 1; minus infinity for 0. */
export const magnitude = ({ mantissa, exponent }: BigFloat): number =>
  mantissa === 0n ? Number.NEGATIVE_INFINITY : bits(mantissa) + exponent;

export function addFloats(a: BigFloat, b: BigFloat): BigFloat {
  if (a.mantissa === 0n) return b;
  if (b.mantissa === 0n) return a;
  const [high, low] = a.exponent >= b.exponent ? [a, b] : [b, a];
  const shift = high.exponent - low.exponent;
  if (shift > 3 * PRECISION) return high;
  return bigFloat((high.mantissa << BigInt(shift)) + low.mantissa, low.exponent);
}

export const negateFloat = (a: BigFloat): BigFloat => ({
  mantissa: -a.mantissa,
  exponent: a.exponent,
});
export const subtractFloats = (a: BigFloat, b: BigFloat): BigFloat => addFloats(a, negateFloat(b));
export const multiplyFloats = (a: BigFloat, b: BigFloat): BigFloat =>
  bigFloat(a.mantissa * b.mantissa, a.exponent + b.exponent);

export function divideFloats(a: BigFloat, b: BigFloat): BigFloat {
  if (b.mantissa === 0n) throw new MathLimit('division by zero');
  const shift = PRECISION + Math.max(0, bits(b.mantissa) - bits(a.mantissa) + 1);
  return bigFloat((a.mantissa << BigInt(shift)) / b.mantissa, a.exponent - b.exponent - shift);
}

export const signOfFloat = (a: BigFloat): number => {
  if (a.mantissa === 0n) return 0;
  return a.mantissa > 0n ? 1 : -1;
};

/** `a * 2^n` */
export const scaleFloat = (a: BigFloat, n: number): BigFloat =>
  bigFloat(a.mantissa, a.exponent + n);

/** The integer part towards minus infinity. @throws {MathLimit} beyond 2^4096. */
export function floorFloat({ mantissa, exponent }: BigFloat): bigint {
  if (exponent > 4096) throw new MathLimit('integer too large');
  if (exponent >= 0) return mantissa << BigInt(exponent);
  return exponent < -1e6 ? mantissa >> 1_000_000n : mantissa >> BigInt(-exponent);
}

/** Square root of a number >= 0, by Newton's method on integers. */
export function squareRootFloat(a: BigFloat): BigFloat {
  if (a.mantissa <= 0n) return ZERO_FLOAT;
  let shift = Math.max(0, 2 * PRECISION - bits(a.mantissa));
  if ((a.exponent - shift) % 2 !== 0) shift += 1;
  const n = a.mantissa << BigInt(shift);
  let root = 1n << BigInt(Math.ceil(bits(n) / 2));
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return bigFloat(root, (a.exponent - shift) / 2);
    root = next;
  }
}
