import {
  addRationals,
  invertRational,
  isInteger,
  isZero,
  multiplyRationals,
  negateRational,
  powerRational,
  type Rational,
  rational,
  rationalFromDecimal,
} from './rational.ts';

/** A calculation that is no calculation; the message says where. */
class NotArithmetic extends Error {}

const floorDivision = (a: Rational, b: Rational): Rational => {
  const q = multiplyRationals(a, invertRational(b));
  const rest = ((q.numerator % q.denominator) + q.denominator) % q.denominator;
  return rational((q.numerator - rest) / q.denominator);
};

/**
 * The exact value of `+ - * / // % **` on numbers with brackets, Python's precedence; `null` for any
 * other text, a division by zero or a number that grows too large.
 *
 * @example
 * evaluateArithmetic('2 * (3 + 4) / 5'); // { numerator: 14n, denominator: 5n }
 */
export function evaluateArithmetic(text: string): Rational | null {
  if (text.length > 2000) return null;
  const tokens = text.match(/\d+(?:\.\d*)?|\.\d+|\*\*|\/\/|[-+*/%()]|\S/g) ?? [];
  let i = 0;
  let depth = 0;
  const sum = (): Rational => {
    let left = product();
    while (tokens[i] === '+' || tokens[i] === '-') {
      const minus = tokens[i++] === '-';
      const right = product();
      left = addRationals(left, minus ? negateRational(right) : right);
    }
    return left;
  };
  const product = (): Rational => {
    let left = unary();
    for (;;) {
      const operator = tokens[i];
      if (operator !== '*' && operator !== '/' && operator !== '//' && operator !== '%')
        return left;
      i += 1;
      const right = unary();
      if (operator === '*') left = multiplyRationals(left, right);
      else if (isZero(right)) throw new NotArithmetic('division by zero');
      else if (operator === '/') left = multiplyRationals(left, invertRational(right));
      else {
        const quotient = floorDivision(left, right);
        left =
          operator === '//'
            ? quotient
            : addRationals(left, negateRational(multiplyRationals(quotient, right)));
      }
    }
  };
  const unary = (): Rational => {
    depth += 1;
    if (depth > 200) throw new NotArithmetic('too deep');
    const sign = tokens[i];
    if (sign !== '-' && sign !== '+') {
      const value = power();
      depth -= 1;
      return value;
    }
    i += 1;
    const value = unary();
    depth -= 1;
    return sign === '-' ? negateRational(value) : value;
  };
  const power = (): Rational => {
    const base = atom();
    if (tokens[i] !== '**') return base;
    i += 1;
    const exponent = unary();
    if (!isInteger(exponent)) throw new NotArithmetic('a root');
    return powerRational(base, exponent.numerator);
  };
  const atom = (): Rational => {
    const token = tokens[i++];
    if (token === '(') {
      const value = sum();
      if (tokens[i++] !== ')') throw new NotArithmetic('a bracket is not closed');
      return value;
    }
    if (token === undefined || !/^[\d.]/.test(token))
      throw new NotArithmetic('a number is missing');
    return rationalFromDecimal(token);
  };
  try {
    const value = sum();
    return i === tokens.length ? value : null;
  } catch (error) {
    // a number beyond the limits of Rational, or a text that is no calculation
    if (error instanceof Error) return null;
    throw error;
  }
}
