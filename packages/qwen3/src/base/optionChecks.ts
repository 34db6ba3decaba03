import { Qwen3Error } from './errors.ts';
import { showValue } from './showValue.ts';

/** @throws {Qwen3Error} `option` unless `options` is an object whose names are all in `known`. */
export function checkOptionNames(caller: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new Qwen3Error(
      'option',
      `${caller}: options must be an object, got ${showValue(options)}. Known: ${known.join(', ')}.`,
    );
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new Qwen3Error(
      'option',
      `${caller}: unknown option '${name}'.${didYouMean(name, known)} Known: ${known.join(', ')}.`,
    );
  }
}

/** @throws {Qwen3Error} `option` unless `value` is one of `choices`. */
export function checkChoice(what: string, value: unknown, choices: readonly string[]): void {
  if (choices.includes(value as string)) return; // equal or not, whatever it is
  const hint = typeof value === 'string' ? didYouMean(value, choices) : ' Give one.';
  throw new Qwen3Error(
    'option',
    `${what} must be one of ${choices.map((choice) => `'${choice}'`).join(', ')}, got ${showValue(value)}.${hint}`,
  );
}

/** @throws {Qwen3Error} `option` unless `value` is an array. */
export function checkList(what: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new Qwen3Error('option', `${what} must be a list, got ${showValue(value)}.`);
}

/** @throws {Qwen3Error} `option` unless `value` is true or false: the text `'false'` would count as true. */
export function checkBoolean(what: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  throw new Qwen3Error('option', `${what} must be true or false, got ${showValue(value)}.`);
}

/** @throws {Qwen3Error} `option` unless `value` is a function. */
export function checkFunction(what: string, value: unknown): void {
  if (typeof value === 'function') return;
  throw new Qwen3Error('option', `${what} must be a function, got ${showValue(value)}.`);
}

/** @throws {Qwen3Error} `option` unless `value` is a whole number from `least` to `most`. */
export function checkInteger(
  what: string,
  value: unknown,
  [least, most = Number.MAX_SAFE_INTEGER]: readonly [least: number, most?: number],
): void {
  const isWithin = (number: number): boolean => number >= least && number <= most;
  if (Number.isSafeInteger(value) && isWithin(value as number)) return; // a number, then
  const isOpen = most === Number.MAX_SAFE_INTEGER && !((value as number) > most);
  const range = isOpen ? `>= ${least}` : `from ${least} to ${most}`;
  throw new Qwen3Error(
    'option',
    `${what} must be a whole number ${range}, got ${showValue(value)}.`,
  );
}

/** @throws {Qwen3Error} `option` unless every entry is a whole number from 0 to `vocabSize - 1`. */
export function checkTokenIds(
  what: string,
  ids: unknown,
  vocabSize: number,
): asserts ids is ArrayLike<number> {
  checkWholeNumbers(what, ids, { below: vocabSize, hint: ' Was another tokenizer used?' });
}

/** @throws {Qwen3Error} `option` unless `values` is a list of whole numbers from 0 to `below - 1`. */
export function checkWholeNumbers(
  what: string,
  values: unknown,
  { below = Number.POSITIVE_INFINITY, hint = '' }: { below?: number; hint?: string } = {},
): asserts values is ArrayLike<number> {
  checkNumbers(what, values);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isSafeInteger(value) && value >= 0 && value < below) continue;
    const range = below === Number.POSITIVE_INFINITY ? '0 or more' : `0 to ${below - 1}`;
    throw new Qwen3Error(
      'option',
      `${what}[${i}] must be a whole number, ${range}, got ${showValue(value)}.${hint}`,
    );
  }
}

/** @throws {Qwen3Error} `option` unless `values` is a list: an array, or a typed one. Its entries are not looked at. */
export function checkNumbers(what: string, values: unknown): asserts values is ArrayLike<number> {
  const isTyped = ArrayBuffer.isView(values) && 'length' in values;
  if (Array.isArray(values) || (isTyped && !/^Big/.test(values.constructor.name))) return;
  const single = typeof values === 'number' ? ` Write [${values}].` : '';
  throw new Qwen3Error(
    'option',
    `${what} must be a list of whole numbers, got ${showValue(values)}.${single}`,
  );
}

/** @throws {Qwen3Error} `option` unless `sequences` is a list of `{ ids }`, whole numbers from 0 on. */
export function checkSequences(caller: string, sequences: unknown): void {
  checkList(`${caller}: sequences`, sequences);
  for (const [index, sequence] of (sequences as { ids?: unknown }[]).entries()) {
    checkWholeNumbers(`${caller}: ids of sequence ${index}`, sequence?.ids, { below: INT32 }); // checkList has said it is a list
  }
}

/** Ids are stored as int32: from here on they would become others. */
export const INT32: number = 2 ** 31;

/** " Did you mean 'x'?": the nearest known name if half of the letters are right, else one that contains what was given. */
export function didYouMean(name: string, known: readonly string[]): string {
  const plain = (word: string) => word.slice(0, 100).replace(/[_-]/g, '').toLowerCase();
  const distances = known.map((candidate) => distance(plain(name), plain(candidate)));
  const least = Math.min(...distances);
  const isNear = least <= name.length / 2;
  const contains = (candidate: string) =>
    plain(name).length > 2 && plain(candidate).includes(plain(name));
  const nearest = isNear ? known[distances.indexOf(least)] : known.find(contains);
  return nearest === undefined ? '' : ` Did you mean '${nearest}'?`;
}

/** Edits between two names; a name that was begun is near: `maxTok` is `maxTokens`. */
function distance(name: string, candidate: string): number {
  const letters = editDistance(name, candidate);
  return candidate.startsWith(name) ? Math.min(letters - 0.5, 1.5) : letters;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(row[j]! + (a[i] === b[j] ? 0 : 1), row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
