import { type BigFloat, fromRational, magnitude, toNumber } from '../../../numbers/bigFloat.ts';
import { type Budget, createBudget, withinLimits } from '../../../numbers/budget.ts';
import {
  absComplex,
  addComplex,
  type Complex,
  closeComplex,
  complex,
  isReal,
  negateComplex,
} from '../../../numbers/complexFloat.ts';
import {
  equalRationals,
  isInteger,
  type Rational,
  rational,
  signOf,
} from '../../../numbers/rational.ts';
import { childrenOf, type MathNode, someNode } from '../read/node.ts';
import { evaluateNode } from './evaluateNode.ts';
import { normalForm } from './normalForm.ts';
import { probeValue } from './probeValue.ts';
import { rationalValue } from './rationalValue.ts';
import { addSums, equalSums, scaleSum, sumAsRational, type TermSum } from './termSum.ts';

export interface EqualValuesOptions {
  /** Decimals right of the point that must agree where a side is written as a decimal; `null` = exact. */
  precision: number | null;
  /** What the comparison may cost. */
  budget: Budget;
}

/** Bits of 192 that two values must share: constants lose less to cancellation than values at a probe. */
const SHARED_BITS = { constant: 140, probe: 100 };
const ROUNDS = 6;
/** What a normal form may cost: what is larger is left to the probes. */
const EXACT_STEPS = 8_000;

const hasDecimal = (node: MathNode): boolean =>
  someNode(node, (n) => n.type === 'number' && n.decimal);

/**
 * Whether two expressions have the same value for all values of their symbols. First by exact normal
 * forms; where those cannot tell (roots of sums, trigonometry, powers of sums), by comparing values of
 * 192 bits at six points, three of them negative where both sides are real. Infinity equals only itself:
 * nothing is calculated with it.
 */
export function equalValues(
  a: MathNode,
  b: MathNode,
  { precision, budget }: EqualValuesOptions,
): boolean {
  budget.spend(50);
  if (hasInfinity(a) || hasInfinity(b))
    return infinitySign(a) !== 0 && infinitySign(a) === infinitySign(b);
  const rounded = precision !== null && (hasDecimal(a) || hasDecimal(b));
  const x = rationalValue(a, budget);
  const y = x === null ? null : rationalValue(b, budget);
  if (x !== null && y !== null)
    return equalRationals(x, y) || (rounded && equalRounded(real(x), real(y), precision));
  const formA = withinLimits(() => normalForm(a, createBudget(EXACT_STEPS)));
  const formB =
    formA === null ? null : withinLimits(() => normalForm(b, createBudget(EXACT_STEPS)));
  if (formA !== null && formB !== null) {
    if (equalSums(formA, formB)) return true;
    const [left, right] = [sumAsRational(formA), sumAsRational(formB)];
    if (left !== null && right !== null) {
      if (equalRationals(left, right)) return true;
      if (!rounded) return false;
    } else if (!rounded && isIndependent(formA) && isIndependent(formB)) return false;
  }
  return equalAtProbes(a, b, { precision: rounded ? precision : null, budget });
}

const real = (value: Rational): Complex => complex(fromRational(value));

/** The range of a sum or a limit may name infinity. */
const hasInfinity = (node: MathNode): boolean =>
  node.type !== 'big' &&
  ((node.type === 'constant' && node.name === 'infinity') || childrenOf(node).some(hasInfinity));

/** 1 or -1 for infinity times a number, 0 for all else. */
function infinitySign(node: MathNode): number {
  if (node.type === 'constant' && node.name === 'infinity') return 1;
  if (node.type === 'number') return 0;
  if (node.type !== 'multiply') return 0;
  const signs = node.factors.map((factor) =>
    factor.type === 'number' ? signOf(factor.value) : infinitySign(factor),
  );
  return hasInfinity(node) ? signs.reduce((x, y) => x * y) : 0;
}

/** Factors above this may be products of primes, see `primeFactors`. */
const SURE_PRIME = 2000 ** 2;

/**
 * Only symbols and pi to positive whole powers, roots of primes between 0 and 1, and i: products of these are linearly
 * independent over the rationals (Besicovitch 1940 for the roots), so such forms are equal only if they are the same.
 */
const isIndependent = (sum: TermSum): boolean => {
  for (const { powers } of sum.values())
    for (const [atom, exponent] of powers) {
      if (signOf(exponent) < 0) return false;
      if (atom.startsWith('r:')) {
        if (Number(atom.slice(2)) > SURE_PRIME || exponent.numerator > exponent.denominator)
          return false;
      } else if (
        !isInteger(exponent) ||
        !(atom.startsWith('s:') || atom === 'c:pi' || atom === 'c:i')
      )
        return false;
    }
  return true;
};

const countsThings = (node: MathNode): boolean =>
  someNode(node, (n) => n.type === 'call' && (n.name === 'factorial' || n.name === 'binomial'));

/** The values of both at a point; `null` where one has none. `asked`: symbols were looked up. */
function valuesAt(
  nodes: readonly [MathNode, MathNode],
  round: number,
  budget: Budget,
): { values: [Complex, Complex] | null; asked: boolean } {
  let asked = false;
  const whole = nodes.some(countsThings);
  const lookUp = (name: string): Complex => {
    asked = true;
    return probeValue(name, round, whole);
  };
  const values = withinLimits((): [Complex, Complex] => [
    evaluateNode(nodes[0], lookUp, budget),
    evaluateNode(nodes[1], lookUp, budget),
  ]);
  return { values, asked };
}

function equalAtProbes(
  a: MathNode,
  b: MathNode,
  { precision, budget }: EqualValuesOptions,
): boolean {
  let compared = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { values, asked } = valuesAt([a, b], round, budget);
    if (values === null) {
      if (!asked) return false;
      continue; // outside the domain here
    }
    const [left, right] = values;
    // At negative points a principal root may leave the real line, where conventions differ.
    if (round % 2 === 1 && (!isReal(left) || !isReal(right))) continue;
    const same =
      precision === null
        ? closeComplex(left, right, asked ? SHARED_BITS.probe : SHARED_BITS.constant)
        : equalRounded(left, right, precision);
    if (!same) return false;
    if (!asked) return !swallows(a, left) && !swallows(b, right);
    compared += 1;
  }
  return compared >= 2;
}

/** A sum too large for its bits to show what was added: `10^{10^{10}} + 1`. */
const swallows = (node: MathNode, value: Complex): boolean =>
  magnitude(absComplex(value)) > SHARED_BITS.constant && someNode(node, (n) => n.type === 'add');

/** |a - b| <= 0.5 * 10^-decimals, and relative to the size for numbers below 0.1. */
function equalRounded(a: Complex, b: Complex, decimals: number): boolean {
  const difference = absComplex(addComplex(a, negateComplex(b)));
  if (magnitude(difference) < -900)
    return magnitude(absComplex(a)) > -900 || difference.mantissa === 0n;
  const size = Math.max(toNumber(absComplex(a)), toNumber(absComplex(b)));
  return toNumber(difference) <= 0.5 * 10 ** -decimals * Math.min(1, 10 * size) * (1 + 1e-9);
}

/**
 * The rational factor k with a = k b, or `null` if there is none; decided by exact forms, else at probes.
 */
export function rationalRatio(a: MathNode, b: MathNode, budget: Budget): number | null {
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { values } = valuesAt([a, b], round, budget);
    if (values === null || !values.every(isReal)) continue;
    const [left, right] = values.map((value): BigFloat => value.re) as [BigFloat, BigFloat]; // two values
    ratios.push(toNumber(left) / toNumber(right));
  }
  const [first] = ratios;
  if (first === undefined || ratios.length < 2 || !Number.isFinite(first) || first === 0)
    return null;
  const constant = ratios.every((ratio) => Math.abs(ratio / first - 1) < 1e-12);
  if (!constant) return null;
  const exact = withinLimits(() => exactRatioHolds([a, b], first, budget));
  return exact === false ? null : first;
}

/** Checks a simple ratio on the exact forms; `true` where it is not simple enough to check. */
function exactRatioHolds(
  [a, b]: readonly [MathNode, MathNode],
  ratio: number,
  budget: Budget,
): boolean {
  for (let denominator = 1; denominator <= 60; denominator++) {
    const numerator = Math.round(ratio * denominator);
    if (Math.abs(numerator / denominator / ratio - 1) > 1e-12) continue;
    const [formA, formB] = [normalForm(a, budget), normalForm(b, budget)];
    const rest = addSums(formA, scaleSum(formB, rational(-numerator, denominator)));
    return rest.size === 0 || !isIndependent(rest);
  }
  return true;
}
