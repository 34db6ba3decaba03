import { GrpoError } from './errors.ts';

/** Entry `name` of a table, or an `unknown-name` error that lists what there is, with `hint` before the list. */
export function lookUp<T>(
  where: string,
  what: string,
  table: Record<string, T>,
  name: string,
  hint: (known: string[]) => string = () => '',
): T {
  if (Object.hasOwn(table, name)) return table[name] as T; // hasOwn has just said so
  const known = Object.keys(table);
  throw new GrpoError(
    'unknown-name',
    `${where}: unknown ${what} '${name}'.${hint(known)} Known: ${known.join(', ')}.`,
  );
}
