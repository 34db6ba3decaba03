import { TensorGpuError } from './errors.ts';

/**
 * The options of a public function: a name that it does not know is an error with the nearest one, `undefined` counts as
 * not given (it never erases a default), and so does `null` where the default is "none".
 *
 * @param names - all options; those whose default is "none" end in `?`.
 * @throws {TensorGpuError} `option` for another name, for `null` elsewhere, and if `options` is no object.
 */
export function knownOptions<T extends object>(
  caller: string,
  options: T,
  names: readonly string[],
): T {
  if (typeof options !== 'object' || options === null)
    throw new TensorGpuError('option', `${caller}: options must be an object, got ${options}.`);
  if (isPlain(options, names)) return options;
  const known = names.map((name) => name.replace('?', ''));
  const given = Object.entries(options).filter(([name, value]) => {
    if (!known.includes(name)) {
      throw new TensorGpuError(
        'option',
        `${caller}: unknown option '${name}'.${didYouMean(name, known)} Known: ${known.join(', ')}.`,
      );
    }
    if (value === null && !names.includes(`${name}?`))
      throw new TensorGpuError(
        'option',
        `${caller}: ${name} must not be null. Leave it out for its default.`,
      );
    return value !== undefined && value !== null;
  });
  return Object.fromEntries(given) as T; // the same names, fewer of them
}

/** Nothing to refuse and nothing to leave out: the usual case, in every call of an op. */
function isPlain(options: object, names: readonly string[]): boolean {
  for (const name of Object.keys(options)) {
    const value: unknown = options[name as keyof typeof options];
    if (value === undefined || value === null || !names.includes(name)) return false;
  }
  return true;
}

/**
 * `low` may be `Number.MIN_VALUE` for "above 0", `high` `Number.MAX_VALUE` for "finite". NaN is in no range.
 * @throws {TensorGpuError} `option` unless `value` is a number in `[low, high]`.
 */
export function assertRange(
  what: string,
  value: unknown,
  [low, high]: readonly [low: number, high: number],
): void {
  if (typeof value === 'number' && value >= low && value <= high) return;
  const range = high === Number.MAX_VALUE ? finiteRange(low) : `in ${lowEnd(low)}, ${high}]`;
  throw new TensorGpuError('option', `${what} must be ${range}, got ${shown(value)}.`);
}

function finiteRange(low: number): string {
  if (low === -Number.MAX_VALUE) return 'finite';
  return low === Number.MIN_VALUE ? 'finite and > 0' : `finite and >= ${low}`;
}

const lowEnd = (low: number): string => (low === Number.MIN_VALUE ? '(0' : `[${low}`);

/** @throws {TensorGpuError} `option` unless `value` is a whole number of at least `low` (at most `high`, 2^53 - 1). */
export function assertInteger(
  what: string,
  value: unknown,
  [low, high = Number.MAX_SAFE_INTEGER]: readonly [low: number, high?: number],
): void {
  if (Number.isSafeInteger(value) && Number(value) >= low && Number(value) <= high) return;
  const range = high === Number.MAX_SAFE_INTEGER ? `>= ${low}` : `from ${low} to ${high}`;
  throw new TensorGpuError('option', `${what} must be an integer ${range}, got ${shown(value)}.`);
}

/** @throws {TensorGpuError} `option` unless `value` is one of `values`. */
export function assertOneOf(what: string, value: unknown, values: readonly unknown[]): void {
  if (values.includes(value)) return;
  throw new TensorGpuError(
    'option',
    `${what} must be ${values.map(shown).join(' or ')}, got ${shown(value)}.`,
  );
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? `'${value}'` : String(value);

/** " Did you mean 'x'?": the name with the fewest edits, letters' case and underscores aside, if half of the letters are right. */
function didYouMean(name: string, known: readonly string[]): string {
  const plain = (text: string): string => text.toLowerCase().replaceAll('_', '');
  const distances = known.map((candidate) => distance(plain(name), plain(candidate)));
  const least = Math.min(...distances);
  return least <= name.length / 2 ? ` Did you mean '${known[distances.indexOf(least)]}'?` : '';
}

/** Edits between two names; a name that was begun is near: `learning` is `learningRate`. */
function distance(name: string, candidate: string): number {
  const letters = edits(name, candidate);
  return candidate.startsWith(name) ? Math.min(letters - 0.5, 1.5) : letters;
}

/** Levenshtein's distance. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(Math.min(row[j]! + (letter === b[j] ? 0 : 1), row[j + 1]! + 1, next[j]! + 1)); // rows of b.length + 1
    row = next;
  }
  return row.at(-1)!; // rows are not empty
}
