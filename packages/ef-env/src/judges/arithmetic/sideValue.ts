import { evaluateArithmetic } from '../../numbers/evaluateArithmetic.ts';
import type { Rational } from '../../numbers/rational.ts';
import type { ArithmeticToken } from './arithmeticToken.ts';
import { translateSide } from './translateSide.ts';

/** One side of an equals sign that can be computed. */
export interface SideValue {
  value: Rational;
  /** Has an operation: `3 + 4`, not `7`. */
  calculates: boolean;
  /** For a single number the decimals it is written with. */
  decimals: number | null;
  /** A single percentage, which people write for the number as well: `1/4 * 100 = 25%`. */
  percentage: boolean;
  /** What comes out without precedence, from left to right; `null` where that is the same or unclear. */
  leftToRight: Rational | null;
}

/** Digits that may be computed for one side: nobody works with longer numbers by hand. */
const MAX_DIGITS = 3000;
const MAX_TOKENS = 400;

/** The exact value of a side, or `null` if it has none or can be read in two ways. */
export function sideValue(tokens: readonly ArithmeticToken[]): SideValue | null {
  const signed = tokens[0]?.kind === 'operator' && /^[-+]$/.test(tokens[0].text);
  const bare = signed ? tokens.slice(1) : tokens;
  const operators = bare.filter(({ kind }) => kind === 'operator').map(({ text }) => text);
  if (tokens.length > MAX_TOKENS || mixesPercent(bare, operators)) return null;
  const translation = translateSide(tokens);
  if (translation === null || translation.digits > MAX_DIGITS) return null;
  const { expression } = translation;
  const value = evaluateArithmetic(expression);
  if (value === null) return null;
  const [number, percent] = bare;
  const numeral = number?.kind === 'number' ? number.text : null;
  return {
    value,
    calculates:
      operators.length > 0 ||
      expression.includes('*') ||
      bare.some(({ kind }) => kind === 'fraction'),
    decimals: bare.length === 1 && numeral !== null ? (numeral.split('.')[1]?.length ?? 0) : null,
    percentage: bare.length === 2 && percent?.kind === 'percent',
    leftToRight: leftToRight(tokens, operators),
  };
}

/** `100 + 5%`: plus five hundredths, or plus five hundredths of the hundred? */
function mixesPercent(tokens: readonly ArithmeticToken[], operators: readonly string[]): boolean {
  const count = (kind: string): number => tokens.filter((token) => token.kind === kind).length;
  const percents = count('percent');
  const sums = operators.some((operator) => operator === '+' || operator === '-');
  return sums && percents > 0 && percents < count('number');
}

/** `2 + 3 * 4` computed as `(2 + 3) * 4`. */
function leftToRight(
  tokens: readonly ArithmeticToken[],
  operators: readonly string[],
): Rational | null {
  const plain = tokens.every(
    ({ kind, text }) =>
      (kind === 'number' && !/e/i.test(text)) || (kind === 'operator' && /^[-+*/]$/.test(text)),
  );
  const has = (pair: string): boolean => operators.some((operator) => pair.includes(operator));
  if (!plain || !has('+-') || !has('*/')) return null;
  let expression = '';
  for (const { kind, text } of tokens) {
    expression = kind === 'number' ? `(${expression}${text})` : expression + text;
  }
  return evaluateArithmetic(expression);
}
