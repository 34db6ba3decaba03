import { EfEnvError } from './errors.ts';
import { unknownName } from './nearestName.ts';

/**
 * The names of an options type, all of them: the compiler misses none. `'null'`: there `null` means something of its
 * own; elsewhere `null` is "none", as if the option were absent.
 */
export type OptionNames<Options> = {
  readonly [Name in keyof Required<Options>]: 'required' | 'optional' | 'null';
};

/** Options without the `null`s that mean "none". */
export type ReadOptions<Options, Names> = {
  [Name in keyof Options]: Name extends keyof Names
    ? Names[Name] extends 'optional'
      ? Exclude<Options[Name], null>
      : Options[Name]
    : never;
};

/**
 * The options as a function reads them: without `null`s that mean "none".
 *
 * @throws {EfEnvError} `option` for what is no object, and for a name that is not known, with the nearest one.
 */
export function readOptions<Options extends object, const Names extends OptionNames<Options>>(
  caller: string,
  options: Options,
  names: Names & OptionNames<Options>,
): ReadOptions<Options, Names> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new EfEnvError(
      'option',
      `${caller}: options must be an object, got ${Array.isArray(options) ? 'an array' : String(options)}.`,
    );
  }
  let nulls = false;
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(names, name)) throw unknownOption(caller, name, Object.keys(names));
    nulls ||= isNone(options, name, names);
  }
  if (!nulls) return options as ReadOptions<Options, Names>; // no null is left
  const kept = Object.entries(options).filter(([name]) => !isNone(options, name, names));
  return Object.fromEntries(kept) as ReadOptions<Options, Names>; // they are left out
}

function isNone<Options extends object>(
  options: Options,
  name: string,
  names: OptionNames<Options>,
): boolean {
  const key = name as keyof Options; // one of its own keys
  return options[key] === null && names[key] === 'optional';
}

function unknownOption(caller: string, name: string, known: readonly string[]): EfEnvError {
  return new EfEnvError('option', `${caller}: ${unknownName('option', name, known)}`);
}
