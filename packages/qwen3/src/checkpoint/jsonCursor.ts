/** A piece of JSON text that is read from left to right. Each method takes one value and steps behind it. */
export interface JsonCursor {
  /** Text, its escapes resolved. */
  text(): string;
  /** A whole number ≥ 0, written without point, exponent or sign. */
  count(): number;
  /** Calls `readValue` per key, which must take the value. Repeated keys are seen each time. */
  object(readValue: (key: string) => void): void;
  list(readItem: () => void): void;
  /** Any value. */
  skip(): void;
  /** First character of the next value, which stays unread. */
  next(): string | undefined;
  /** Nothing but blanks may follow. */
  end(): void;
}

/** serde_json's limit; a header needs 3. */
const MAX_DEPTH = 128;
const LITERAL = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
/** With none of these a string is what it says. */
const UNUSUAL = /[\\\p{Cc}]/u;
const COUNT = /(?:0|[1-9]\d*)(?![\w.+-])/y;

/**
 * A strict JSON reader for the headers of safetensors files. Unlike `JSON.parse` it shows repeated keys and how
 * numbers were written, refuses lone surrogates, and builds no objects of a header's size.
 *
 * @param fail - is told what is wrong; must throw.
 */
export function jsonCursor(json: string, fail: (what: string) => never): JsonCursor {
  let position = 0;
  let depth = 0;

  function blanks(): void {
    for (;;) {
      const code = json.charCodeAt(position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      position++;
    }
  }
  function next(): string | undefined {
    blanks();
    return json[position];
  }
  function expect(character: string): void {
    if (next() !== character) fail(`'${character}' is missing at character ${position}`);
    position++;
  }
  function match(pattern: RegExp, what: string): string {
    blanks();
    pattern.lastIndex = position;
    if (!pattern.test(json)) fail(`${what} is missing at character ${position}`);
    const found = json.slice(position, pattern.lastIndex);
    position = pattern.lastIndex;
    return found;
  }
  function text(): string {
    expect('"');
    const start = position;
    let end = json.indexOf('"', start);
    const plain = json.slice(start, end);
    if (end >= 0 && !UNUSUAL.test(plain)) {
      position = end + 1;
      return plain;
    }
    while (end >= 0 && isEscaped(json, end)) end = json.indexOf('"', end + 1);
    if (end < 0) fail('it ends inside a string');
    position = end + 1;
    return unescaped(json.slice(start - 1, position), start);
  }
  function unescaped(literal: string, start: number): string {
    let value: string;
    try {
      value = JSON.parse(literal) as string;
    } catch {
      return fail(`the string at character ${start} is damaged`);
    }
    if (/\p{Surrogate}/u.test(value))
      fail(`the string at character ${start} holds half a character`);
    return value;
  }
  function sequence(open: string, close: string, readOne: () => void): void {
    expect(open);
    if (++depth > MAX_DEPTH) fail(`it is nested more than ${MAX_DEPTH} levels deep`);
    if (next() !== close) {
      readOne();
      while (next() === ',') {
        position++;
        readOne();
      }
    }
    expect(close);
    depth--;
  }
  function object(readValue: (key: string) => void): void {
    sequence('{', '}', () => {
      const key = text();
      expect(':');
      readValue(key);
    });
  }
  const list = (readItem: () => void): void => sequence('[', ']', readItem);
  function skip(): void {
    const first = next();
    if (first === '{') object(skip);
    else if (first === '[') list(skip);
    else if (first === '"') text();
    else match(LITERAL, 'a value');
  }
  return {
    text,
    count: () => Number(match(COUNT, 'a whole number ≥ 0, written plainly,')),
    object,
    list,
    skip,
    next,
    end() {
      if (next() !== undefined) fail(`more text follows at character ${position}`);
    },
  };
}

/** Is the character behind an odd number of backslashes? */
function isEscaped(json: string, position: number): boolean {
  let first = position;
  while (json[first - 1] === '\\') first--;
  return (position - first) % 2 === 1;
}
