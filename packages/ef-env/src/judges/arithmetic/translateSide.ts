import type { ArithmeticToken } from './arithmeticToken.ts';

/** A place in a side, and what was read so far. */
interface Cursor {
  readonly tokens: readonly ArithmeticToken[];
  readonly end: number;
  i: number;
  /** Digits of all numbers, times their exponents: what the exact value may cost. */
  digits: number;
}

/** A side as text for `evaluateArithmetic`, and how many digits its value may need. */
export interface Translation {
  expression: string;
  digits: number;
}

/**
 * Writes a side of an equation with brackets for everything that is implied: fractions, mixed numbers, percent,
 * products without a sign. `null` if it is no calculation or can be read in two ways.
 */
export function translateSide(tokens: readonly ArithmeticToken[]): Translation | null {
  return readSum({ tokens, i: 0, end: tokens.length, digits: 0 });
}

function readSum(cursor: Cursor): Translation | null {
  const { tokens, end } = cursor;
  let done = ''; // everything before the last value
  let value = ''; // '' after an operator
  let before = 0; // digits without those of the last value
  while (cursor.i < end) {
    const token = tokens[cursor.i]!; // i < end
    if (token.kind === 'operator' && token.text === '**' && value) {
      cursor.i += 1;
      const exponent = readExponent(cursor);
      if (exponent === null) return null;
      cursor.digits = before + (cursor.digits - before) * Math.max(1, Math.abs(exponent));
      value += `**(${exponent})`;
    } else if (token.kind === 'operator') {
      cursor.i += 1;
      done += value + token.text;
      value = '';
      before = cursor.digits;
    } else if (token.kind === 'percent' && value) {
      cursor.i += 1;
      value = `(${value}/100)`;
    } else {
      if (value && !isProduct(cursor)) return null;
      done += value && `${value}*`;
      before = cursor.digits;
      const read = readValue(cursor);
      if (read === null) return null;
      value = read;
    }
  }
  return value ? { expression: done + value, digits: cursor.digits } : null;
}

/** `2(3 + 4)`; with a division it would be unclear what the bracket belongs to. */
function isProduct({ tokens, i }: Cursor): boolean {
  const glued = tokens[i]?.kind === 'open' && tokens[i - 1]?.end === tokens[i]?.start;
  return glued && !tokens.some(({ text }) => text === '/');
}

function readValue(cursor: Cursor): string | null {
  switch (cursor.tokens[cursor.i]?.kind) {
    case 'number':
      return readNumber(cursor);
    case 'fraction':
      return readFraction(cursor);
    case 'open':
      return readGroup(cursor);
    default:
      return null;
  }
}

function readNumber(cursor: Cursor): string | null {
  const { text } = cursor.tokens[cursor.i++]!; // the caller saw it
  const [mantissa = '', exponent] = text.split(/e/i);
  cursor.digits += mantissa.length + Math.abs(Number(exponent ?? 0));
  if (exponent !== undefined) return `(${mantissa}*10**(${Number(exponent)}))`;
  const part = /^\d+$/.test(mantissa) ? readPart(cursor) : null;
  return part === null ? mantissa : `(${mantissa}+${part})`;
}

/** The fraction of a mixed number: `2 1/2`, `2\frac{1}{2}`. */
function readPart(cursor: Cursor): string | null {
  const { tokens, i, end } = cursor;
  if (i < end && tokens[i]?.kind === 'fraction') return readFraction(cursor);
  const [top, slash, bottom] = tokens.slice(i, Math.min(i + 3, end));
  if (top?.kind !== 'number' || slash?.text !== '/' || bottom?.kind !== 'number') return null;
  if (top.end !== slash.start || slash.end !== bottom.start) return null;
  cursor.i += 3;
  cursor.digits += top.text.length + bottom.text.length;
  return `${top.text}/${bottom.text}`;
}

/** `\frac{1}{2}` or `\frac12`. */
function readFraction(cursor: Cursor): string | null {
  const short = cursor.tokens[++cursor.i];
  if (short?.kind === 'number' && /^\d\d$/.test(short.text)) {
    cursor.i += 1;
    cursor.digits += 2;
    return `(${short.text[0]}/${short.text[1]})`;
  }
  const numerator = readGroup(cursor);
  const denominator = numerator === null ? null : readGroup(cursor);
  return denominator === null ? null : `(${numerator}/${denominator})`;
}

function readGroup(cursor: Cursor): string | null {
  const { tokens, i, end } = cursor;
  if (i >= end || tokens[i]?.kind !== 'open') return null;
  let close = i;
  for (let depth = 0; close < end; close++) {
    if (tokens[close]?.kind === 'open') depth += 1;
    if (tokens[close]?.kind === 'close' && --depth === 0) break;
  }
  const inside = readSum({ tokens, i: i + 1, end: close, digits: 0 });
  if (inside === null || close === end) return null;
  cursor.i = close + 1;
  cursor.digits += inside.digits;
  return `(${inside.expression})`;
}

/** A whole number, perhaps with a sign or in brackets. */
function readExponent(cursor: Cursor): number | null {
  const [first, second, third, fourth] = cursor.tokens.slice(cursor.i, cursor.i + 4);
  const inBrackets = first?.kind === 'open';
  const [sign, digits] = inBrackets ? [second, third] : [first, second];
  const negative = sign?.text === '-';
  const number = negative ? digits : sign;
  if (number?.kind !== 'number' || !/^-?\d{1,4}$/.test(number.text)) return null;
  if (inBrackets && (negative ? fourth : third)?.kind !== 'close') return null;
  cursor.i += 1 + Number(negative) + 2 * Number(inBrackets);
  return cursor.i > cursor.end ? null : Number(number.text) * (negative ? -1 : 1);
}
