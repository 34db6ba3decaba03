import { equalRationals } from '../../graders/math/rational.ts';
import { evaluateArithmetic } from './arithmetic.ts';

/** A calculation (of at most 122 characters), an equals sign and a number, as people write their steps. */
const STEP =
  /([-+]?[\d(][\d\s+\-*/().×÷−·,]{0,120}[\d)])\s*=\s*([-+−]?\s*\d+(?:,\d{3})*(?:\.\d+)?)(?![\d\s]*[*/×÷])/g;

const plain = (text: string): string =>
  text
    .replaceAll('×', '*')
    .replaceAll('·', '*')
    .replaceAll('÷', '/')
    .replaceAll('−', '-')
    .replaceAll(',', '');

/**
 * The first step of a worked calculation that does not hold, as `5 * 3 = 16`, or `null`. Every
 * `calculation = number` in the text is a step; they are checked exactly.
 *
 * @example
 * wrongArithmeticStep('First 2 + 3 = 5, then 5 * 3 = 16.'); // '5 * 3 = 16'
 */
export function wrongArithmeticStep(text: string): string | null {
  for (const match of text.slice(0, 20_000).matchAll(STEP)) {
    const [left, right] = [
      evaluateArithmetic(plain(match[1]!)),
      evaluateArithmetic(plain(match[2]!)),
    ];
    if (left !== null && right !== null && !equalRationals(left, right)) return match[0].trim();
  }
  return null;
}
