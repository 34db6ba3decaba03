import { type Budget, MathLimit } from '../../../numbers/budget.ts';
import {
  addRationals,
  costOf,
  equalRationals,
  isZero,
  multiplyRationals,
  ONE,
  type Rational,
  rationalText,
} from '../../../numbers/rational.ts';

/** A coefficient times powers of atoms: `3/2 * x^2 * r:5^(1/2)`. */
export interface Term {
  readonly coefficient: Rational;
  /** atom -> exponent, never 0. Atoms: `s:x`, `c:pi`, `r:5` (a prime), `f:sin(...)`, `p:(a sum)`. */
  readonly powers: ReadonlyMap<string, Rational>;
}

/** A sum of terms by the text of their powers: two equal sums have the same keys and coefficients. */
export type TermSum = ReadonlyMap<string, Term>;

/** Sums that grow beyond this are not expanded. */
const MAX_TERMS = 400;

function powersKey(powers: ReadonlyMap<string, Rational>): string {
  const parts: string[] = [];
  for (const [atom, exponent] of powers) parts.push(`${atom}^${rationalText(exponent)}`);
  return parts.length < 2 ? (parts[0] ?? '') : parts.sort().join('*');
}

export const constantSum = (value: Rational): TermSum =>
  isZero(value) ? new Map() : new Map([['', { coefficient: value, powers: new Map() }]]);

export function atomSum(atom: string, exponent: Rational = ONE): TermSum {
  if (isZero(exponent)) return constantSum(ONE);
  return termAsSum({ coefficient: ONE, powers: new Map([[atom, exponent]]) });
}

/** @param term - whose coefficient is not 0. */
export const termAsSum = (term: Term): TermSum => new Map([[powersKey(term.powers), term]]);

export function addSums(...sums: TermSum[]): TermSum {
  const total = new Map(sums[0]);
  for (const sum of sums.slice(1)) {
    for (const [key, term] of sum) addInto(total, key, term);
    if (total.size > MAX_TERMS) throw new MathLimit('too many terms');
  }
  return total;
}

export function scaleSum(a: TermSum, factor: Rational): TermSum {
  if (isZero(factor)) return new Map();
  const scaled = new Map<string, Term>();
  for (const [key, { coefficient, powers }] of a)
    scaled.set(key, { coefficient: multiplyRationals(coefficient, factor), powers });
  return scaled;
}

/**
 * The product; `reduce` turns an atom whose exponent grew (the root of a prime, i) into what it is.
 */
export function multiplySums(
  a: TermSum,
  b: TermSum,
  { reduce, budget }: { reduce: (term: Term) => Term; budget: Budget },
): TermSum {
  if (a.size * b.size > MAX_TERMS * 10) throw new MathLimit('too many terms');
  const sum = new Map<string, Term>();
  for (const left of a.values()) {
    for (const right of b.values()) {
      budget.spend(costOf(left.coefficient) + left.powers.size + right.powers.size);
      const powers = new Map(left.powers);
      for (const [atom, exponent] of right.powers) {
        const total = addRationals(
          powers.get(atom) ?? { numerator: 0n, denominator: 1n },
          exponent,
        );
        if (isZero(total)) powers.delete(atom);
        else powers.set(atom, total);
      }
      const term = reduce({
        coefficient: multiplyRationals(left.coefficient, right.coefficient),
        powers,
      });
      addInto(sum, powersKey(term.powers), term);
    }
  }
  if (sum.size > MAX_TERMS) throw new MathLimit('too many terms');
  return sum;
}

function addInto(sum: Map<string, Term>, key: string, term: Term): void {
  const known = sum.get(key);
  const coefficient =
    known === undefined ? term.coefficient : addRationals(known.coefficient, term.coefficient);
  if (isZero(coefficient)) sum.delete(key);
  else sum.set(key, { coefficient, powers: term.powers });
}

/** One text per sum, whatever the order in which it was built. */
export function sumKey(sum: TermSum): string {
  const parts: string[] = [];
  for (const [key, { coefficient }] of sum) parts.push(`${rationalText(coefficient)}*${key}`);
  return parts.sort().join('+') || '0';
}

/** Whether two sums have the same terms. */
export function equalSums(a: TermSum, b: TermSum): boolean {
  if (a.size !== b.size) return false;
  for (const [key, { coefficient }] of a) {
    const other = b.get(key);
    if (other === undefined || !equalRationals(coefficient, other.coefficient)) return false;
  }
  return true;
}

/** The number that a sum is, or `null` if it has atoms. */
export function sumAsRational(sum: TermSum): Rational | null {
  if (sum.size === 0) return { numerator: 0n, denominator: 1n };
  return sum.size === 1 ? (sum.get('')?.coefficient ?? null) : null;
}
