import { negateRational, type Rational, rationalFromDecimal } from '../../../numbers/rational.ts';

/**
 * A number as an answer writes it: sign, leading zeros, thousands commas, trailing decimals, perhaps
 * `x =` before it. `null` for anything else.
 */
export function readNumber(answer: string): Rational | null {
  const text = answer
    .trim()
    .replace(/^[a-zA-Z]\s*=\s*/, '')
    .replace(/\.$/, '');
  const plain = /^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(text) ? text.replaceAll(',', '') : text;
  const match = /^([-+]?)(\d{1,60}(?:\.\d{1,60})?)$/.exec(plain);
  if (match === null) return null;
  const value = rationalFromDecimal(match[2]!);
  return match[1] === '-' ? negateRational(value) : value;
}
