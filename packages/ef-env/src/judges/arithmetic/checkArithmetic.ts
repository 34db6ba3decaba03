import { checkChoice } from '../../base/checkChoice.ts';
import { checkText } from '../../base/checkData.ts';
import { readOptions } from '../../base/readOptions.ts';
import {
  addRationals,
  compareRationals,
  equalRationals,
  isZero,
  multiplyRationals,
  negateRational,
  type Rational,
  rational,
  rationalText,
  signOf,
} from '../../numbers/rational.ts';
import { utf8Offsets } from '../../text/utf8Offsets.ts';
import type { RewardSpan } from '../../trajectory/segment.ts';
import type { ArithmeticToken } from './arithmeticToken.ts';
import { arithmeticTokens } from './arithmeticTokens.ts';
import { type SideValue, sideValue } from './sideValue.ts';

export interface CheckArithmeticOptions {
  /** `'step'` names the first wrong calculation and why; `'full'` also tells its value. Default `'step'`. */
  feedback?: 'step' | 'full' | undefined;
  /** Accept with `=` a decimal that is right to its last digit: `10 / 3 = 3.33`. Default `false`: only with `≈`. */
  rounded?: boolean | undefined;
}

/** Two sides of an equals sign, of which at least one calculates. */
export interface Calculation {
  /** As it stands: `5 * 3 = 16`. */
  text: string;
  /** UTF-8 byte offsets; in a chain `a = b = c` the second is `= c` alone. */
  start: number;
  end: number;
  holds: boolean;
  /** Exact value of the left side, `7` or `7/3`. */
  value: string;
  /** Why it does not hold, in words that do not tell the value; `null` if it holds. */
  why: string | null;
}

export interface ArithmeticReport {
  calculations: Calculation[];
  /** One per calculation: +1 `'right'`, -1 `'wrong'`. */
  spans: RewardSpan[];
  feedback: string;
}

/** Longer texts are checked up to here, UTF-16 units. */
const MAX_LENGTH = 100_000;
/** Longest calculation told in the feedback, characters. */
const SHOWN_LENGTH = 200;

/**
 * Checks every calculation of a text exactly: `a op b = c` and chains of them with + - * / ^, brackets, decimals,
 * fractions, mixed numbers, percent, thousands separators, signs such as × · ÷ ², Python's `**`, `//` and `%`,
 * and LaTeX. What has a variable, a function or more than one reading is left out: nothing right is called wrong
 * for it. `≈` holds when the last digit written is off by less than one.
 *
 * @example
 * const { spans, feedback } = checkArithmetic('First 2 + 3 = 5, then $5 \\times 3 = 16$.');
 * spans; // [{ start: 6, end: 15, reward: 1, label: 'right' }, { start: 23, end: 38, reward: -1, label: 'wrong' }]
 * feedback; // 'Wrong: 5 \\times 3 = 16. The right side is too large.'
 */
export function checkArithmetic(
  text: string,
  options: CheckArithmeticOptions = {},
): ArithmeticReport {
  const given = readOptions('checkArithmetic', options, {
    feedback: 'optional',
    rounded: 'optional',
  });
  const { feedback = 'step', rounded = false } = given;
  checkText('checkArithmetic', 'text', text);
  checkChoice('checkArithmetic: feedback', feedback, ['step', 'full']);
  const read = text.slice(0, MAX_LENGTH);
  const offsets = utf8Offsets(read);
  const bytes = (at: number): number => offsets[at]!; // 0 to read.length
  const calculations = runsOf(arithmeticTokens(read)).flatMap((run) =>
    checkRun(read, run, rounded).map((found) => ({
      ...found,
      start: bytes(found.start),
      end: bytes(found.end),
    })),
  );
  const spans = calculations.map(({ start, end, holds }) => ({
    start,
    end,
    reward: holds ? 1 : -1,
    label: holds ? 'right' : 'wrong',
  }));
  return { calculations, spans, feedback: feedbackOf(calculations, feedback) };
}

function feedbackOf(calculations: readonly Calculation[], feedback: 'step' | 'full'): string {
  const wrong = calculations.find(({ holds }) => !holds);
  if (wrong) {
    const value = feedback === 'full' ? ` The left side is ${wrong.value}.` : '';
    return `Wrong: ${wrong.text.slice(0, SHOWN_LENGTH)}. ${wrong.why}${value}`;
  }
  if (calculations.length === 0) return 'There is no calculation.';
  return calculations.length === 1
    ? 'The calculation holds.'
    : `All ${calculations.length} calculations hold.`;
}

/** Stretches without words, each with an equals sign. Brackets around an equation, or without partner, are punctuation. */
function runsOf(tokens: readonly ArithmeticToken[]): ArithmeticToken[][] {
  const kinds = tokens.map(({ kind }) => kind);
  let open: { at: number; equation: boolean }[] = [];
  const drop = (at: number): void => {
    kinds[at] = 'break';
  };
  for (const [i, { kind }] of tokens.entries()) {
    if (kind === 'open') open.push({ at: i, equation: false });
    if (kind === 'equals') for (const bracket of open) bracket.equation = true;
    if (kind === 'close') {
      const bracket = open.pop();
      if (!bracket || bracket.equation) drop(i);
      if (bracket?.equation) drop(bracket.at);
    }
    if (kind === 'break') {
      for (const { at } of open) drop(at);
      open = [];
    }
  }
  for (const { at } of open) drop(at);
  const runs: ArithmeticToken[][] = [[]];
  for (const [i, token] of tokens.entries()) {
    if (kinds[i] === 'break') runs.push([]);
    else runs.at(-1)?.push(token);
  }
  return runs.filter((run) => run.some(({ kind }) => kind === 'equals'));
}

interface Side {
  start: number;
  end: number;
  value: SideValue | null;
}

function checkRun(text: string, run: readonly ArithmeticToken[], rounded: boolean): Calculation[] {
  const signs = run.flatMap((token, i) => (token.kind === 'equals' ? [i] : []));
  const sides = [-1, ...signs].map((sign, k): Side => {
    const tokens = run.slice(sign + 1, signs[k]);
    const [first] = tokens;
    const cut = !first || (k === 0 && isCutOff(text, first)) || leavesRemainder(text, run, tokens);
    return {
      start: first?.start ?? 0,
      end: tokens.at(-1)?.end ?? 0,
      value: cut ? null : sideValue(tokens),
    };
  });
  const found: Calculation[] = [];
  let checkedTo = -1;
  for (const [k, at] of signs.entries()) {
    const [left, right] = [sides[k]!, sides[k + 1]!]; // one side more than signs
    const sign = run[at]!; // an index of run
    if (!left.value || !right.value) continue;
    if (!left.value.calculates && !right.value.calculates) continue;
    const why = faultOf(left.value, right.value, { approximate: sign.text === '≈', rounded });
    found.push({
      text: text.slice(left.start, right.end),
      start: checkedTo === k ? sign.start : left.start,
      end: right.end,
      holds: why === null,
      value: rationalText(left.value.value),
      why,
    });
    checkedTo = k + 1;
  }
  return found;
}

/** A sign that belongs to something before the calculation, as in `5 apples - 3 = 2`, unless it is stuck to its number. */
function isCutOff(text: string, { kind, text: sign, end, start }: ArithmeticToken): boolean {
  if (kind !== 'operator') return false;
  const stuck = /[\d.(]/.test(text[end] ?? '') && /[\s([{:,;"'`$|]/.test(text[start - 1] ?? ' ');
  return !stuck || (sign !== '-' && sign !== '+');
}

/** `17 / 5 = 3, remainder 2` */
function leavesRemainder(
  text: string,
  run: readonly ArithmeticToken[],
  tokens: readonly ArithmeticToken[],
): boolean {
  const last = tokens.at(-1);
  if (!last || last !== run.at(-1)) return false;
  return /^[\s,(]*(?:with |and )?(?:an? )?(?:\d+ )?(?:remain|rem\b|left|r\b)/i.test(
    text.slice(last.end, last.end + 40),
  );
}

/** Why two sides are not equal; `null` if they are. */
function faultOf(
  left: SideValue,
  right: SideValue,
  { approximate, rounded }: { approximate: boolean; rounded: boolean },
): string | null {
  const [a, b] = [left.value, right.value];
  if (equalRationals(a, b)) return null;
  if (left.percentage && equalRationals(timesHundred(a), b)) return null;
  if (right.percentage && equalRationals(a, timesHundred(b))) return null;
  const near = isNear(a, b, right.decimals) || isNear(b, a, left.decimals);
  const tolerated = approximate || (rounded && (right.decimals ?? left.decimals ?? 0) > 0);
  if (near && tolerated) return null;
  if (near && (right.decimals ?? 0) > 0) return 'The right side is rounded.';
  if (equalRationals(a, negateRational(b))) return 'The sign is wrong.';
  if (left.leftToRight && equalRationals(left.leftToRight, b))
    return 'Multiplication and division come before addition and subtraction.';
  if (isPowerOfTenApart(a, b)) return 'The decimal point is in the wrong place.';
  return compareRationals(a, b) < 0
    ? 'The right side is too large.'
    : 'The right side is too small.';
}

const timesHundred = (a: Rational): Rational => multiplyRationals(a, rational(100));

/** Less than one unit of the last decimal apart. */
function isNear(exact: Rational, written: Rational, decimals: number | null): boolean {
  if (decimals === null) return false;
  const difference = addRationals(exact, negateRational(written));
  const size = signOf(difference) < 0 ? negateRational(difference) : difference;
  return compareRationals(size, rational(1, 10n ** BigInt(decimals))) < 0;
}

function isPowerOfTenApart(a: Rational, b: Rational): boolean {
  if (isZero(a) || isZero(b)) return false;
  const ratio = rational(a.numerator * b.denominator, a.denominator * b.numerator);
  const power = ratio.denominator === 1n ? ratio.numerator : ratio.denominator;
  return (ratio.denominator === 1n || ratio.numerator === 1n) && /^10+$/.test(`${power}`);
}
