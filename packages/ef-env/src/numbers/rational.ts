import { MathLimit } from './budget.ts';

/** An exact fraction in lowest terms, `denominator > 0`. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Powers beyond 2^20000 are not computed exactly: nobody writes them out. */
const MAX_BITS = 20_000;
/** Nor are products beyond this. */
const LARGEST = /* @__PURE__ */ (() => 2n ** 100_000n)();
/** Common divisors of larger numbers take too long, unless one divides the other. */
const LARGEST_DIVISOR = /* @__PURE__ */ (() => 2n ** 3000n)();
/** From here on arithmetic is no longer one step. */
const LONG = /* @__PURE__ */ (() => 2n ** 500n)();

const absolute = (x: bigint): bigint => (x < 0n ? -x : x);

/** Bits of |x|, to within 4 from above. */
export const bitLength = (x: bigint): number => absolute(x).toString(16).length * 4;

const SMALL = 9_007_199_254_740_992n; // 2^53; a power would be calculated at each call
/** Whether a double holds it exactly. */
const isSmall = (x: bigint): boolean => x <= SMALL && x >= -SMALL;

/** Greatest common divisor, `>= 0`. @throws {MathLimit} */
export function gcd(a: bigint, b: bigint): bigint {
  if (isSmall(a) && isSmall(b)) {
    let [m, n] = [Math.abs(Number(a)), Math.abs(Number(b))];
    while (n !== 0) [m, n] = [n, m % n];
    return BigInt(m);
  }
  let [x, y] = [absolute(a), absolute(b)];
  if (y !== 0n) [x, y] = [y, x % y];
  if (y > LARGEST_DIVISOR) throw new MathLimit('fraction too large');
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** `numerator / denominator` in lowest terms. @throws {MathLimit} if the denominator is 0 or a number is too large. */
export function rational(numerator: bigint | number, denominator: bigint | number = 1n): Rational {
  const n = BigInt(numerator);
  const d = BigInt(denominator);
  if (d === 0n) throw new MathLimit('division by zero');
  if (n > LARGEST || n < -LARGEST || d > LARGEST || d < -LARGEST)
    throw new MathLimit('number too large');
  if (d === 1n) return { numerator: n, denominator: 1n };
  const common = gcd(n, d) * (d < 0n ? -1n : 1n);
  return { numerator: n / common, denominator: d / common };
}

export const ZERO: Rational = /* @__PURE__ */ rational(0);
export const ONE: Rational = /* @__PURE__ */ rational(1);

export const addRationals = (a: Rational, b: Rational): Rational =>
  a.denominator === 1n && b.denominator === 1n
    ? { numerator: a.numerator + b.numerator, denominator: 1n }
    : rational(
        a.numerator * b.denominator + b.numerator * a.denominator,
        a.denominator * b.denominator,
      );

export const multiplyRationals = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.numerator, a.denominator * b.denominator);

export const negateRational = (a: Rational): Rational => ({
  numerator: -a.numerator,
  denominator: a.denominator,
});

/** Steps that an operation with it is worth. */
export const costOf = ({ numerator, denominator }: Rational): number =>
  denominator > LONG || numerator > LONG || numerator < -LONG ? 100 : 1;

export const invertRational = (a: Rational): Rational => rational(a.denominator, a.numerator);

export const equalRationals = (a: Rational, b: Rational): boolean =>
  a.numerator === b.numerator && a.denominator === b.denominator;

export const compareRationals = (a: Rational, b: Rational): number => {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
};

export const isInteger = (a: Rational): boolean => a.denominator === 1n;
export const isZero = (a: Rational): boolean => a.numerator === 0n;
export const signOf = ({ numerator }: Rational): number =>
  Number(numerator > 0n) - Number(numerator < 0n);

/** a^n for an integer n. @throws {MathLimit} if the result is too long, or for 0 to a negative power. */
export function powerRational(a: Rational, n: bigint): Rational {
  const exponent = absolute(n);
  const bits = Math.max(bitLength(a.numerator), bitLength(a.denominator)) - 3;
  const trivial = absolute(a.numerator) <= 1n && a.denominator === 1n;
  if (!trivial && BigInt(bits) * exponent > BigInt(MAX_BITS))
    throw new MathLimit('power too large');
  if (trivial) {
    if (a.numerator === 0n && n < 0n) throw new MathLimit('division by zero');
    return a.numerator === 0n && n === 0n
      ? ONE
      : rational(n % 2n === 0n ? a.numerator * a.numerator : a.numerator);
  }
  const power = { numerator: a.numerator ** exponent, denominator: a.denominator ** exponent };
  return n < 0n ? invertRational(power) : power;
}

/** The number a decimal literal writes: `12.50` is 25/2, `1.5e3` is 1500. */
export function rationalFromDecimal(text: string): Rational {
  if (/^\d{1,15}$/.test(text)) return { numerator: BigInt(text), denominator: 1n };
  const [mantissa = '', exponent] = text.split(/e/i);
  if (exponent !== undefined) {
    return multiplyRationals(
      rationalFromDecimal(mantissa),
      powerRational(rational(10), BigInt(exponent)),
    );
  }
  const [whole = '', fraction = ''] = text.split('.');
  if (whole.length + fraction.length > 6000) throw new MathLimit('number too long');
  return rational(BigInt(`${whole}${fraction}` || '0'), 10n ** BigInt(fraction.length));
}

export const rationalText = (a: Rational): string =>
  a.denominator === 1n ? `${a.numerator}` : `${a.numerator}/${a.denominator}`;
