import { magnitude, toNumber } from './bigFloat.ts';
import { type Budget, createBudget, withinLimits } from './budget.ts';
import {
  absComplex,
  addComplex,
  type Complex,
  closeComplex,
  isReal,
  negateComplex,
} from './complexFloat.ts';
import { evaluateNode, probeValue } from './evaluateNode.ts';
import { type MathNode, someNode } from './node.ts';
import { normalForm } from './normalForm.ts';
import { equalRationals, isInteger, rational, signOf } from './rational.ts';
import { addSums, constantSum, scaleSum, sumAsRational, sumKey, type TermSum } from './termSum.ts';

export interface EqualValuesOptions {
  /** Decimals right of the point that must agree where a side is written as a decimal; `null` = exact. */
  precision: number | null;
}

/** Bits that two values of 192 bits must share to count as equal. */
const SHARED_BITS = 100;
const ROUNDS = 6;
/** What a normal form may cost: what is larger is left to the probes. */
const EXACT_STEPS = 8_000;

const hasDecimal = (node: MathNode): boolean =>
  someNode(node, (n) => n.type === 'number' && n.decimal);

/**
 * Whether two expressions have the same value for all values of their symbols. First by exact normal
 * forms; where those cannot tell (roots of sums, trigonometry, powers of sums), by comparing values of
 * 192 bits at six points, three of them negative where both sides are real.
 */
export function equalValues(
  a: MathNode,
  b: MathNode,
  options: EqualValuesOptions,
  budget: Budget,
): boolean {
  budget.spend(50);
  const formA = withinLimits(() => normalForm(a, createBudget(EXACT_STEPS)));
  const formB =
    formA === null ? null : withinLimits(() => normalForm(b, createBudget(EXACT_STEPS)));
  if (formA !== null && formB !== null) {
    if (sumKey(formA) === sumKey(formB)) return true;
    const [left, right] = [sumAsRational(formA), sumAsRational(formB)];
    const rounded = options.precision !== null && (hasDecimal(a) || hasDecimal(b));
    if (left !== null && right !== null) {
      if (equalRationals(left, right)) return true;
      if (!rounded) return false;
    } else if (!rounded && isPolynomial(formA) && isPolynomial(formB)) return false;
    if (mentionsInfinity(formA) || mentionsInfinity(formB)) return false;
  }
  const decimals =
    options.precision !== null && (hasDecimal(a) || hasDecimal(b)) ? options.precision : null;
  return equalAtProbes(a, b, decimals, budget);
}

const mentionsInfinity = (sum: TermSum): boolean =>
  [...sum.keys()].some((key) => key.includes('c:infinity'));

/** Only symbols to positive whole powers: such forms are equal only if they are the same. */
const isPolynomial = (sum: TermSum): boolean =>
  [...sum.values()].every(({ powers }) =>
    [...powers].every(
      ([atom, exponent]) => atom.startsWith('s:') && isInteger(exponent) && signOf(exponent) > 0,
    ),
  );

function equalAtProbes(a: MathNode, b: MathNode, decimals: number | null, budget: Budget): boolean {
  let compared = 0;
  const constant = ![a, b].some((node) =>
    someNode(node, (n) => n.type === 'symbol' || n.type === 'call' || n.type === 'big'),
  );
  for (let round = 0; round < (constant ? 1 : ROUNDS); round++) {
    const values = withinLimits(() =>
      [a, b].map((node) => evaluateNode(node, (name) => probeValue(name, round), budget)),
    );
    if (values === null) {
      if (round % 2 === 1) continue;
      return false;
    }
    const [left, right] = values as [Complex, Complex]; // two nodes, two values
    // At negative points a principal root may leave the real line, where conventions differ.
    if (round % 2 === 1 && (!isReal(left) || !isReal(right))) continue;
    if (
      !(decimals === null
        ? closeComplex(left, right, SHARED_BITS)
        : equalRounded(left, right, decimals))
    )
      return false;
    compared += 1;
  }
  return compared > 0;
}

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
  for (let round = 0; round < ROUNDS; round += 2) {
    const values = withinLimits(() =>
      [a, b].map((node) => evaluateNode(node, (name) => probeValue(name, round), budget)),
    );
    const [left, right] = values ?? [];
    if (left === undefined || right === undefined || !isReal(left) || !isReal(right)) return null;
    ratios.push(toNumber(left.re) / toNumber(right.re));
  }
  const [first] = ratios;
  if (first === undefined || !Number.isFinite(first) || first === 0) return null;
  const constant = ratios.every((ratio) => Math.abs(ratio / first - 1) < 1e-12);
  if (!constant) return null;
  const exact = withinLimits(() => exactRatioHolds(a, b, first, budget));
  return exact === false ? null : first;
}

/** Checks a simple ratio on the exact forms; `true` where it is not simple enough to check. */
function exactRatioHolds(a: MathNode, b: MathNode, ratio: number, budget: Budget): boolean {
  for (let denominator = 1; denominator <= 60; denominator++) {
    const numerator = Math.round(ratio * denominator);
    if (Math.abs(numerator / denominator / ratio - 1) > 1e-12) continue;
    const [formA, formB] = [normalForm(a, budget), normalForm(b, budget)];
    const rest = addSums(formA, scaleSum(formB, rational(-numerator, denominator)));
    return sumKey(rest) === sumKey(constantSum(rational(0))) || !isPolynomial(rest);
  }
  return true;
}
