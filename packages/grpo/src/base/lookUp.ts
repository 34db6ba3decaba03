import { didYouMean } from './didYouMean.ts';
import { GrpoError } from './errors.ts';
import { shown } from './shown.ts';

/**
 * Entry `name` of a table (or `name` itself of a list), or an `unknown-name` error with the nearest one and what there is.
 *
 * @param fault - How the error begins: `policyLoss: unknown lossType`.
 */
export function lookUp<T>(
  fault: string,
  table: Readonly<Record<string, T>> | readonly string[],
  name: unknown,
): T {
  if (isList(table)) {
    if (table.includes(name as string)) return name as T; // a list is of T = its names
  } else if (typeof name === 'string' && Object.hasOwn(table, name)) return table[name] as T; // hasOwn has just said so
  throw unknownName(fault, isList(table) ? table : Object.keys(table), name);
}

const isList = (table: object): table is readonly string[] => Array.isArray(table);

/** The error of a name that is not known. */
export function unknownName(fault: string, known: readonly string[], name: unknown): GrpoError {
  const nearest = typeof name === 'string' ? didYouMean(name, known) : '';
  return new GrpoError(
    'unknown-name',
    `${fault} ${shown(name)}.${nearest} Known: ${known.join(', ')}.`,
  );
}
