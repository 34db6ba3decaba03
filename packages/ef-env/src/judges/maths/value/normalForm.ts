import { type Budget, MathLimit } from '../../../numbers/budget.ts';
import { primeFactors } from '../../../numbers/primeFactors.ts';
import {
  addRationals,
  bitLength,
  costOf,
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
import { type MathNode, mapChildren, numberNode } from '../read/node.ts';
import { exactCall } from './exactCall.ts';
import {
  addSums,
  atomSum,
  constantSum,
  multiplySums,
  scaleSum,
  sumAsRational,
  sumKey,
  type Term,
  type TermSum,
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
    const rest = addRationals(exponent, rational(-whole));
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
    if (isZero(rest)) changed.delete(atom);
    else changed.set(atom, rest);
  }
  return { coefficient: factor, powers: changed ?? powers };
}

function times(a: TermSum, b: TermSum, budget: Budget): TermSum {
  const [x, y] = [sumAsRational(a), sumAsRational(b)];
  if (x !== null) return scaleSum(b, x);
  return y === null ? multiplySums(a, b, reduceTerm, budget) : scaleSum(a, y);
}

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

function powerSum(base: TermSum, exponent: TermSum, budget: Budget): TermSum {
  const n = sumAsRational(exponent);
  if (n === null) return symbolicPower(base, exponent, budget);
  if (isZero(n)) return constantSum(ONE);
  if (base.size === 0) {
    if (signOf(n) < 0) throw new MathLimit('division by zero');
    return base;
  }
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
  return multiplySums(rationalPower(lead, n), atomSum(`p:(${sumKey(inner)})`, n), reduceTerm, {
    spend: () => {},
  });
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
  const reduced = reduceTerm({ coefficient: ONE, powers });
  const rest: TermSum = multiplySums(constantSum(ONE), new Map([['?', reduced]]), reduceTerm, {
    spend: () => {},
  });
  return multiplySums(rationalPower(term.coefficient, n), rest, reduceTerm, { spend: () => {} });
}

/** a^n for rationals: roots of primes, i for the square root of -1, the real root for odd indices. */
function rationalPower(a: Rational, n: Rational): TermSum {
  if (isInteger(n)) return constantSum(powerRational(a, n.numerator));
  if (signOf(a) < 0) {
    const positive = rationalPower(negateRational(a), n);
    if (n.denominator === 2n)
      return multiplySums(positive, atomSum('c:i', rational(n.numerator)), reduceTerm, {
        spend: () => {},
      });
    if (n.denominator % 2n === 0n) throw new MathLimit('root of a negative number');
    return n.numerator % 2n === 0n ? positive : scaleSum(positive, MINUS_ONE);
  }
  let result = constantSum(ONE);
  for (const [number, sign] of [
    [a.numerator, 1n],
    [a.denominator, -1n],
  ] as const) {
    for (const [prime, count] of primeFactors(number)) {
      const exponent = multiplyRationals(n, rational(sign * count));
      const root = reduceTerm({ coefficient: ONE, powers: new Map([[`r:${prime}`, exponent]]) });
      result = multiplySums(result, new Map([['?', root]]), reduceTerm, { spend: () => {} });
    }
  }
  return result;
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

/** `node` with every symbol `name` replaced, but where a sum or product inside counts with the same letter. */
export function substitute(node: MathNode, name: string, value: MathNode): MathNode {
  if (node.type === 'symbol') return node.name === name ? value : node;
  const bound = node.type === 'big' && node.below?.type === 'relation' && node.below.operands[0];
  if (bound && bound.type === 'symbol' && bound.name === name) return node;
  return mapChildren(node, (child) => substitute(child, name, value));
}

/** The text of the normal form: the identity of an expression. */
export const normalKey = (node: MathNode, budget: Budget): string =>
  sumKey(normalForm(node, budget));
