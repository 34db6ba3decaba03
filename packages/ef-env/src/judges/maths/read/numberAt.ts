import { matchAt } from './matchAt.ts';
import { NotMath } from './notMath.ts';

const NUMBER = /(?:\d+(?:\ue000\d{3})+|\d*)(?:\.\d+|\.(?![\d.]))?/y;
/** 1,234,567, 1'234'567 and, in India, 12,34,567 */
const GROUPED =
  /[1-9](?:\d{0,2}(?:(?:,\d{3})+|(?:'\d{3})+)|\d?(?:,\d{2})+,\d{3})(?![\d,])(?:\.\d+)?/y;
/** 1.234.567: two points cannot be decimal ones. */
const DOTTED = /[1-9]\d{0,2}(?:\.\d{3}){2,}(?![\d.])/y;
const SPACED = /[1-9]\d{0,2}(?: \d{3})+(?!\d)(?:\.\d+)?/y;
/** 1.5e3 */
const POWER_OF_TEN = /\d+(?:\.\d+)?[eE][-+]?\d{1,3}(?![\d.{^])/y;
const COMMA = /\d+,\d+(?![\d,.])/y;
/** 1.250,50 */
const EUROPEAN = /[1-9]\d{0,2}(?:\.\d{3})+,\d{1,2}(?![\d,.]\d|\d)/y;

export interface NumberAtOptions {
  /** Read `1,234` as one number. */
  thousands: boolean;
  /** Read `1,5` as 1.5: prose in languages that write the comma. */
  decimalComma: boolean;
  /** No bracket is open: inside of one a comma or blank separates items. */
  outside: boolean;
}

/** The number that begins at `i`: its digits as they are read, and its length in the text. @throws {NotMath} */
export function numberAt(
  s: string,
  i: number,
  { thousands, decimalComma, outside }: NumberAtOptions,
): { digits: string; length: number } {
  const power = matchAt(POWER_OF_TEN, s, i);
  const grouped = outside && thousands ? matchAt(GROUPED, s, i) : null;
  const spaced = outside ? matchAt(SPACED, s, i) : null;
  const comma = outside && decimalComma ? matchAt(COMMA, s, i) : null;
  const text = power ?? grouped ?? spaced ?? comma ?? matchAt(NUMBER, s, i)!; // a number begins at i
  if (text.includes('.') && /^[.,]\d/.test(s.slice(i + text.length, i + text.length + 2))) {
    const several = severalPoints(s, i, outside && decimalComma);
    if (several !== null) {
      const digits = several.replaceAll('.', '').replace(',', '.');
      return { digits, length: several.length };
    }
  }
  const plain = grouped === null && comma !== null ? text.replace(',', '.') : text;
  return { digits: plain.replace(/[,'\ue000 ]/g, ''), length: text.length };
}

/** `1.234.567` and `1.234,50`; `null` for a list, `1.5,2`. @throws {NotMath} for two points that separate no thousands. */
function severalPoints(s: string, i: number, decimalComma: boolean): string | null {
  const found = (decimalComma ? matchAt(EUROPEAN, s, i) : null) ?? matchAt(DOTTED, s, i);
  if (found === null && /^\d*\.\d+\.\d/.test(s.slice(i, i + 60)))
    throw new NotMath('a number with two points');
  return found;
}
