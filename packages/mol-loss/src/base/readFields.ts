import { show } from './assertNumber.ts';
import { MolLossError } from './errors.ts';
import { lookUp } from './lookUp.ts';

/** Every name that a type has, so that a misspelt one can be told. */
export type Names<T> = Readonly<Record<keyof T & string, true>>;

/**
 * What was given, without what is `null` or `undefined`: both mean "not given", so a default holds.
 * Throws `missing` if there is no object, `unknown-name` for a name that is not in `names`.
 */
export function readFields<T extends object>(
  where: string,
  given: T,
  { what = 'option', known }: { what?: string; known: Readonly<Record<string, true>> },
): T {
  if (typeof given !== 'object' || given === null || isList(given)) {
    throw new MolLossError(
      'missing',
      `${where}: needs its ${what}s as an object, got ${show(given)}.`,
    );
  }
  for (const name of Object.keys(given)) lookUp(`${where}: unknown ${what}`, known, name);
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(known)) {
    const value = (given as Record<string, unknown>)[name]; // behind a getter or a prototype too
    if (value !== null && value !== undefined) fields[name] = value;
  }
  return fields as T; // every name is one of T's, every value the caller's
}

/** Throws `missing` unless the named `values` are there, `shape` unless they have `length` entries, one per role. */
export function assertPerToken(
  where: string,
  named: Readonly<Record<string, ArrayLike<unknown> | undefined>>,
  length: number,
): void {
  for (const [name, values] of Object.entries(named)) {
    assertList(where, name, values);
    if (values.length === length) continue;
    throw new MolLossError('shape', `${where}: ${length} roles but ${values.length} ${name}.`);
  }
}

/** Throws `missing` unless `values` is an array, typed or not. */
export function assertList(
  where: string,
  name: string,
  values: ArrayLike<unknown> | undefined,
): asserts values is ArrayLike<unknown> {
  if (isList(values)) return;
  throw new MolLossError('missing', `${where}: ${name} must be an array, got ${show(values)}.`);
}

function isList(value: unknown): value is ArrayLike<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const { length } = value as ArrayLike<unknown>;
  return Number.isSafeInteger(length) && length >= 0;
}
