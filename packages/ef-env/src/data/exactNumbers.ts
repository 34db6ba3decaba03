/** Digits that a number may not hold: long ones, and exponents of three digits. */
const SUSPECT = /\d{16}|[eE][+-]?\d{3}/;
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]|-?\d[\d.eE+-]*/g;

/** A number of a JSON text whose digits no number holds. */
export interface InexactNumber {
  digits: string;
  /** Where it stands: names of fields from the outside in, joined by dots; `''` = in none. */
  field: string;
  /** In the text, UTF-16 units. */
  index: number;
}

/**
 * The first number of a JSON text that `JSON.parse` would change in silence: a whole number that comes back with other
 * digits (beyond 2^53), one that becomes Infinity, one that becomes 0. Other decimals become the nearest double, as
 * everywhere.
 */
export function inexactNumber(json: string): InexactNumber | null {
  if (!SUSPECT.test(json)) return null;
  const fields: string[] = [];
  for (const { 0: token, 1: isKey, index } of json.matchAll(TOKEN)) {
    if (token === '{' || token === '[') fields.push('');
    else if (token === '}' || token === ']') fields.pop();
    else if (isKey !== undefined) fields[fields.length - 1] = keyOf(token.slice(0, -isKey.length));
    else if (token[0] !== '"' && !isExact(token)) {
      return { digits: token, field: fields.filter(Boolean).join('.'), index };
    }
  }
  return null;
}

/** What it is and what to do, for messages. */
export function inexactWords({ digits, field }: InexactNumber): string {
  const place = field === '' ? '' : ` in '${field}'`;
  const what = /[.eE]/.test(digits) ? 'no number can hold' : 'no number can hold exactly';
  return `the number ${digits.slice(0, 80)}${place}, which ${what}. Write it as text: "${digits.slice(0, 80)}".`;
}

/** The same JSON with such numbers as texts, so that their digits stay. */
export function quoteInexact(json: string): string {
  if (!SUSPECT.test(json)) return json;
  return json.replace(TOKEN, (token) =>
    /^[-\d]/.test(token) && !isExact(token) ? `"${token}"` : token,
  );
}

function isExact(digits: string): boolean {
  const value = Number(digits);
  if (!Number.isFinite(value)) return Number.isNaN(value); // no number at all: JSON.parse says so
  if (value === 0) return !/[1-9]/.test(digits.replace(/[eE].*/, ''));
  return /[.eE]/.test(digits) || String(value) === digits;
}

function keyOf(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token;
  }
}
