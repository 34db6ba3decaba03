import { type Budget, FREE, MathLimit } from '../../../numbers/budget.ts';
import { primeFactors } from '../../../numbers/primeFactors.ts';
import {
  compareRationals,
  gcd,
  isInteger,
  multiplyRationals,
  ONE,
  type Rational,
  rational,
  signOf,
} from '../../../numbers/rational.ts';
import {
  addSums,
  atomSum,
  constantSum,
  multiplySums,
  scaleSum,
  sumAsRational,
  sumKey,
  type TermSum,
} from './termSum.ts';

/** n! beyond this has more digits than anybody writes. */
const MAX_FACTORIAL = 1500n;

export function factorial(n: bigint): bigint {
  if (n < 0n || n > MAX_FACTORIAL) throw new MathLimit('factorial too large');
  let product = 1n;
  for (let k = 2n; k <= n; k++) product *= k;
  return product;
}

export function binomial(n: bigint, k: bigint): bigint {
  if (k < 0n || k > n) return 0n;
  if (n > 5000n) throw new MathLimit('binomial too large');
  const smaller = k > n - k ? n - k : k;
  let product = 1n;
  for (let i = 1n; i <= smaller; i++) product = (product * (n - smaller + i)) / i;
  return product;
}

/** What n! or n over k is worth in steps: it multiplies up to n numbers. */
export const countingSteps = ({ numerator }: Rational): number =>
  1 + Math.min(500, Math.abs(Number(numerator)) / 12);

const floorOf = ({ numerator, denominator }: Rational): bigint =>
  (numerator - (((numerator % denominator) + denominator) % denominator)) / denominator;

/** name -> value at rational arguments, `null` where it is not rational. */
const AT_RATIONALS: Record<string, (args: Rational[]) => Rational | null> = {
  abs: ([x]) => (signOf(x!) < 0 ? rational(-x!.numerator, x!.denominator) : x!),
  floor: ([x]) => rational(floorOf(x!)),
  ceil: ([x]) => rational(-floorOf(rational(-x!.numerator, x!.denominator))),
  factorial: ([x]) => (isInteger(x!) ? rational(factorial(x!.numerator)) : null),
  binomial: ([n, k]) =>
    k !== undefined && isInteger(n!) && isInteger(k)
      ? rational(binomial(n!.numerator, k.numerator))
      : null,
  max: (args) => args.reduce((a, b) => (compareRationals(a, b) >= 0 ? a : b)),
  min: (args) => args.reduce((a, b) => (compareRationals(a, b) <= 0 ? a : b)),
  gcd: (args) =>
    args.every(isInteger) ? rational(args.map((a) => a.numerator).reduce(gcd)) : null,
  lcm: (args) =>
    args.every((a) => isInteger(a) && a.numerator > 0n)
      ? rational(args.map((a) => a.numerator).reduce((a, b) => (a / gcd(a, b)) * b))
      : null,
  mod: ([a, m]) =>
    m !== undefined && isInteger(a!) && isInteger(m) && m.numerator > 0n
      ? rational(((a!.numerator % m.numerator) + m.numerator) % m.numerator)
      : null,
};

/** The normal form of a function of normal forms: a number where it is exact, else an atom. */
export function exactCall(name: string, args: TermSum[], budget: Budget): TermSum {
  const values = args.map(sumAsRational);
  const rationals = values.filter((value) => value !== null);
  if (rationals.length === args.length && args.length > 0 && Object.hasOwn(AT_RATIONALS, name)) {
    if (name === 'factorial' || name === 'binomial') budget.spend(countingSteps(rationals[0]!));
    const exact = AT_RATIONALS[name]!(rationals);
    if (exact !== null) return constantSum(exact);
  }
  if (name === 'log') return logarithm(args);
  const commutes = name === 'gcd' || name === 'lcm' || name === 'max' || name === 'min';
  const keys = args.map(sumKey);
  return atomSum(`f:${name}(${(commutes ? keys.sort() : keys).join(',')})`);
}

/** ln 12 = 2 ln 2 + ln 3, and log_b x = ln x / ln b. */
function logarithm(args: TermSum[]): TermSum {
  if (args.length === 2) {
    const [base, x] = args as [TermSum, TermSum]; // length is 2
    const [lnX, lnBase] = [logarithm([x]), logarithm([base])];
    if (lnBase.size !== 1) return atomSum(`f:log(${sumKey(base)},${sumKey(x)})`);
    const [only] = lnBase.values();
    const inverse: TermSum = new Map([
      [
        '?',
        {
          coefficient: rational(only!.coefficient.denominator, only!.coefficient.numerator),
          powers: new Map(
            [...only!.powers].map(([atom, e]) => [atom, rational(-e.numerator, e.denominator)]),
          ),
        },
      ],
    ]);
    return multiplySums(lnX, inverse, { reduce: (term) => term, budget: FREE });
  }
  const [x] = args;
  if (x === undefined) throw new MathLimit('log of nothing');
  const [term] = x.values();
  if (x.size !== 1 || term === undefined || signOf(term.coefficient) <= 0)
    return atomSum(`f:log(${sumKey(x)})`);
  const allPositive = [...term.powers.keys()].every((atom) => /^(r:|c:e$|c:pi$)/.test(atom));
  if (!allPositive) return atomSum(`f:log(${sumKey(x)})`);
  let sum: TermSum = new Map();
  const add = (prime: bigint, count: Rational): void => {
    sum = addSums(sum, scaleSum(atomSum(`f:log(${prime})`), count));
  };
  for (const [p, count] of primeFactors(term.coefficient.numerator)) add(p, rational(count));
  for (const [p, count] of primeFactors(term.coefficient.denominator)) add(p, rational(-count));
  for (const [atom, exponent] of term.powers) {
    if (atom === 'c:e') sum = addSums(sum, constantSum(exponent));
    else if (atom === 'c:pi') sum = addSums(sum, scaleSum(atomSum('f:log(pi)'), exponent));
    else add(BigInt(atom.slice(2)), multiplyRationals(exponent, ONE));
  }
  return sum;
}
