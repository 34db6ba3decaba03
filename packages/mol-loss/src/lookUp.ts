import { MolLossError } from './errors.ts';

/** Entry `name` of a table, or an `unknown-name` error that suggests the nearest name. */
export function lookUp<T>(
  where: string,
  what: string,
  table: Readonly<Record<string, T>>,
  name: string,
): T {
  if (Object.hasOwn(table, name)) return table[name] as T; // hasOwn has just said so
  const known = Object.keys(table);
  const distances = known.map((candidate) => editDistance(String(name), candidate));
  const nearest = known[distances.indexOf(Math.min(...distances))];
  throw new MolLossError(
    'unknown-name',
    `${where}: unknown ${what} '${name}'. Did you mean '${nearest}'? Known: ${known.join(', ')}.`,
  );
}

/** Levenshtein distance: insertions, deletions and replacements between two names. */
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
