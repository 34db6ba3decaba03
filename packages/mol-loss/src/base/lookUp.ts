import { show } from './assertNumber.ts';
import { MolLossError } from './errors.ts';

/** Entry `name` of a table, or an `unknown-name` error that suggests the nearest name. `unknown`: `'roles: unknown role'`. */
export function lookUp<T>(unknown: string, table: Readonly<Record<string, T>>, name: string): T {
  if (typeof name === 'string' && Object.hasOwn(table, name)) return table[name] as T; // hasOwn has just said so
  const known = Object.keys(table);
  const nearest = typeof name === 'string' ? didYouMean(name, known) : '';
  throw new MolLossError(
    'unknown-name',
    `${unknown} ${show(name)}.${nearest} Known: ${known.join(', ')}.`,
  );
}

/** " Did you mean 'x'?": the nearest known name if half of the letters are right, else one that contains what was given. */
function didYouMean(name: string, known: readonly string[]): string {
  const distances = known.map((candidate) => distance(plain(name), plain(candidate)));
  const least = Math.min(...distances);
  const isNear = least <= name.length / 2;
  const contains = (candidate: string) =>
    plain(name).length > 2 && plain(candidate).includes(plain(name));
  const nearest = isNear ? known[distances.indexOf(least)] : known.find(contains);
  return nearest === undefined ? '' : ` Did you mean '${nearest}'?`;
}

/** Beyond this many letters no name is ours, and the table of distances would be large. */
const LONGEST = 64;

/** `jsd_beta` and `JSDBeta` are near to `jsdBeta`. */
const plain = (name: string) => name.slice(0, LONGEST).toLowerCase().replaceAll(/[_-]/g, '');

/** Edits between two names; a name that was begun is near: `norm` is `normalizer`. */
function distance(name: string, candidate: string): number {
  const letters = editDistance(name, candidate);
  return candidate.startsWith(name) ? Math.min(letters - 0.5, 1.5) : letters;
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
