import { type Budget, FREE, MathLimit } from '../../../numbers/budget.ts';
import { primeFactors } from '../../../numbers/primeFactors.ts';
import {
  addRationals,
  bitLength,
  isInteger,
  isZero,
  multiplyRationals,
  negateRational,
  ONE,
  powerRational,
  type Rational,
  rational,
  signOf,
} from '../../../numbers/rational.ts';
import {
  atomSum,
  constantSum,
  multiplySums,
  scaleSum,
  sumAsRational,
  sumKey,
  type Term,
  type TermSum,
  termAsSum,
} from './termSum.ts';

const MINUS_ONE = /* @__PURE__ */ rational(-1);
/** Powers of sums up to this are multiplied out. */
const MAX_EXPANDED_POWER = 40n;

/** r:p^(5/2) is p^2 r:p^(1/2); i^2 is -1. */
function reduceTerm({ coefficient, powers }: Term): Term {
  let factor = coefficient;
  let changed: Map<string, Rational> | null = null;
  for (const [atom, exponent] of powers) {
    const prime = atom.startsWith('r:') ? BigInt(atom.slice(2)) : null;
    if (prime === null && atom !== 'c:i') continue;
    const { numerator, denominator } = exponent;
    const whole =
      (numerator - (((numerator % denominator) + denominator) % denominator)) / denominator;
    if (prime !== null && whole !== 0n)
      factor = multiplyRationals(factor, powerRational(rational(prime), whole));
    else if (prime === null) {
      const turns = ((numerator % 4n) + 4n) % 4n;
      if (denominator !== 1n || (turns === numerator && turns < 2n)) continue;
      if (turns >= 2n) factor = negateRational(factor);
      changed ??= new Map(powers);
      if (turns % 2n === 1n) changed.set(atom, ONE);
      else changed.delete(atom);
      continue;
    } else continue;
    changed ??= new Map(powers);
    const rest = addRationals(exponent, rational(-whole));
    if (isZero(rest)) changed.delete(atom);
    else changed.set(atom, rest);
  }
  return { coefficient: factor, powers: changed ?? powers };
}

/** Of two terms, or of sums as small. */
const product = (a: TermSum, b: TermSum): TermSum =>
  multiplySums(a, b, { reduce: reduceTerm, budget: FREE });

/** A product of sums in normal form. */
export function times(a: TermSum, b: TermSum, budget: Budget): TermSum {
  const [x, y] = [sumAsRational(a), sumAsRational(b)];
  if (x !== null) return scaleSum(b, x);
  return y === null ? multiplySums(a, b, { reduce: reduceTerm, budget }) : scaleSum(a, y);
}

/** A power of sums in normal form. */
export function powerSum(base: TermSum, exponent: TermSum, budget: Budget): TermSum {
  const n = sumAsRational(exponent);
  if (n === null) return symbolicPower(base, exponent, budget);
  if (isZero(n)) return constantSum(ONE);
  if (base.size === 0) {
    if (signOf(n) < 0) throw new MathLimit('division by zero');
    return base;
  }
  const value = sumAsRational(base);
  if (value !== null) return rationalPower(value, n);
  if (base.size === 1) {
    const power = termPower([...base.values()][0]!, n); // size is 1
    if (power !== null) return power;
  }
  if (isInteger(n) && n.numerator > 0n && n.numerator <= MAX_EXPANDED_POWER) {
    let result = base;
    for (let i = 1n; i < n.numerator; i++) result = times(result, base, budget);
    return result;
  }
  return opaquePower(base, n);
}

/** (2x + 2)^n is 2^n (x + 1)^n: the inner sum is divided by its first coefficient if that is safe. */
function opaquePower(base: TermSum, n: Rational): TermSum {
  const first = [...base].sort(([a], [b]) => (a < b ? -1 : 1))[0]![1].coefficient; // never empty here
  const lead = isInteger(n) || signOf(first) > 0 ? first : negateRational(first);
  const inner = scaleSum(base, powerRational(lead, -1n));
  return product(rationalPower(lead, n), atomSum(`p:(${sumKey(inner)})`, n));
}

/** The power of a single term, or `null` where taking it apart would lose a sign (`\sqrt{x^2}`). */
function termPower(term: Term, n: Rational): TermSum | null {
  const whole = isInteger(n);
  const safe = [...term.powers].every(
    ([atom, e]) =>
      whole ||
      /^[rc]:(?!i)/.test(atom) ||
      (isInteger(e) && e.numerator % 2n !== 0n && term.powers.size === 1),
  );
  if (!safe || (!whole && signOf(term.coefficient) < 0 && term.powers.size > 0)) return null;
  const powers = new Map([...term.powers].map(([atom, e]) => [atom, multiplyRationals(e, n)]));
  const rest = termAsSum(reduceTerm({ coefficient: ONE, powers }));
  return product(rationalPower(term.coefficient, n), rest);
}

/** a^n for rationals: roots of primes, i for the square root of -1, the real root for odd indices. */
function rationalPower(a: Rational, n: Rational): TermSum {
  if (isInteger(n)) return constantSum(powerRational(a, n.numerator));
  if (signOf(a) < 0) {
    const positive = rationalPower(negateRational(a), n);
    if (n.denominator === 2n) return product(positive, atomSum('c:i', rational(n.numerator)));
    if (n.denominator % 2n === 0n) throw new MathLimit('root of a negative number');
    return n.numerator % 2n === 0n ? positive : scaleSum(positive, MINUS_ONE);
  }
  const powers = new Map<string, Rational>();
  for (const [number, sign] of [
    [a.numerator, 1n],
    [a.denominator, -1n],
  ] as const) {
    for (const [prime, count] of primeFactors(number))
      powers.set(`r:${prime}`, multiplyRationals(n, rational(sign * count)));
  }
  return termAsSum(reduceTerm({ coefficient: ONE, powers }));
}

/** 6^(n+1) is 6 * 2^n * 3^n: one atom per base and term of the exponent. */
function symbolicPower(base: TermSum, exponent: TermSum, budget: Budget): TermSum {
  const value = sumAsRational(base);
  let bases: [string, Rational][] = [[`(${sumKey(base)})`, ONE]];
  if (
    value !== null &&
    signOf(value) > 0 &&
    bitLength(value.numerator) < 64 &&
    bitLength(value.denominator) < 64
  ) {
    bases = [
      ...[...primeFactors(value.numerator)].map(([p, c]): [string, Rational] => [
        `${p}`,
        rational(c),
      ]),
      ...[...primeFactors(value.denominator)].map(([p, c]): [string, Rational] => [
        `${p}`,
        rational(-c),
      ]),
    ];
  }
  let result = constantSum(ONE);
  for (const [key, { coefficient }] of exponent) {
    if (key === '') {
      result = times(result, powerSum(base, constantSum(coefficient), budget), budget);
      continue;
    }
    for (const [name, count] of bases) {
      result = times(
        result,
        atomSum(`x:${name}^[${key}]`, multiplyRationals(coefficient, count)),
        budget,
      );
    }
  }
  return result;
}
