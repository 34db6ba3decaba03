import { type Check, isArray } from './checks.ts';
import { GrpoError } from './errors.ts';
import { unknownName } from './lookUp.ts';
import { shown } from './shown.ts';

/** What each option of a function must be, by its name. Every option has an entry, so unknown ones can be told. */
export type OptionChecks<O> = { readonly [K in keyof Required<O>]: Check };

/**
 * The options that were given, checked: `undefined` and `null` are "not given" and gone, so a default in a destructuring or
 * under `withDefaults` holds for both.
 *
 * @param required - Options without a default.
 * @throws {GrpoError} `unknown-name` for an option that is not in `checks`; `missing`; `option` for a value of the wrong kind.
 */
export function readOptions<O extends object>(
  where: string,
  given: O | null | undefined,
  { checks, required }: { checks: OptionChecks<O>; required?: readonly (keyof O & string)[] },
): O {
  const options = readFields(where, given, { known: checks, required });
  for (const [name, value] of Object.entries(options)) checkOf(checks, name)(where, name, value);
  return options;
}

export interface ReadFieldsOptions<O> {
  /** What an error calls a field. Default: 'option'. */
  what?: string | undefined;
  /** Every field there is. */
  known: { readonly [K in keyof Required<O>]: unknown };
  /** Those without a default. */
  required?: readonly (keyof O & string)[] | undefined;
}

/**
 * The fields of a data object that were given, their names checked, their values not: see `readTokens` and `readMask`.
 *
 * @throws {GrpoError} `unknown-name`, `missing`; `option` when it is no object.
 */
export function readFields<O extends object>(
  where: string,
  given: O | null | undefined,
  { what = 'option', known, required = [] }: ReadFieldsOptions<O>,
): O {
  if (typeof (given ?? {}) !== 'object' || isArray(given)) {
    throw new GrpoError('option', `${where}: ${what}s are an object, got ${shown(given)}.`);
  }
  for (const name of Object.keys(given ?? {})) {
    if (!Object.hasOwn(known, name))
      throw unknownName(`${where}: unknown ${what}`, Object.keys(known), name);
  }
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(known)) {
    const value = (given as Record<string, unknown> | null | undefined)?.[name]; // getters and inherited ones too
    if (value === undefined || (value === null && !checkOf(known, name)?.keepsNull)) continue;
    fields[name] = value;
  }
  for (const name of required) {
    if (!Object.hasOwn(fields, name)) throw new GrpoError('missing', `${where}: needs ${name}.`);
  }
  return fields as O; // every key is one of O's, every value the caller's
}

const checkOf = (checks: object, name: string) => (checks as Record<string, Check>)[name]!;

/** `given` over `defaults`: what is `undefined` or `null` in `given` does not erase a default. */
export function withDefaults<O extends object>(defaults: Partial<O>, given: O): O {
  const merged: Record<string, unknown> = { ...defaults };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && value !== null) merged[name] = value;
  }
  return merged as O; // of both, every key is one of O's
}
