/** How a string begins that stands for a BigInt, and one that began with NUL itself, where `JSON.parse` has no BigInts. */
const NUMBER = '\0n';
const TEXT = '\0s';

const LONG = /\d{16}/;
const TOKEN = /"(?:[^"\\]|\\[\s\S])*"(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Like `JSON.parse`, but a whole number that a double cannot hold is a BigInt. `1e21` and `5.0` are floats.
 *
 * @throws {SyntaxError} for text that is no JSON.
 */
export function parseExact(json: string): unknown {
  if (!LONG.test(json)) return JSON.parse(json);
  JSON.parse(json); // the tokens below are only those of valid JSON
  const marked = json.replace(TOKEN, (token, isKey?: string) => {
    if (isKey !== undefined) return token;
    if (token.startsWith('"'))
      return token.startsWith('"\\u0000') ? `"\\u0000s${token.slice(7)}` : token;
    return isUnsafe(token) ? `"\\u0000n${token}"` : token;
  });
  return JSON.parse(marked, (_, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith('\0')) return value;
    return value.startsWith(NUMBER) ? BigInt(value.slice(2)) : `\0${value.slice(TEXT.length)}`;
  });
}

/** JSON for `JSON.parse` in an interpreter: BigInts are strings with a mark, which the prelude turns back. */
export function markedJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === 'bigint') return `${NUMBER}${item}`;
    return typeof item === 'string' && item.startsWith('\0') ? `${TEXT}${item.slice(1)}` : item;
  });
}

const isUnsafe = (token: string): boolean =>
  /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token));

/**
 * JSON of a value that may hold BigInts. Whole numbers are written with all their digits, so that `1e21` is one for
 * every reader.
 *
 * @param big - how a BigInt is written. Default: its digits.
 */
export function exactJson(value: unknown, big: (digits: string) => string = String): string {
  if (typeof value === 'bigint') return big(String(value));
  if (typeof value === 'number' && Number.isInteger(value)) return String(BigInt(value));
  if (Array.isArray(value)) return `[${value.map((item) => exactJson(item, big)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${exactJson(item, big)}`).join(',')}}`;
}
