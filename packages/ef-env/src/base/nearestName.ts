/**
 * The known name that a misspelt one was meant to be: the one with the fewest insertions, deletions and replacements
 * (Levenshtein), capitals ignored.
 *
 * @param wrong - share of its letters that may be wrong. Default a half.
 */
export function nearestName(
  name: string,
  known: readonly string[],
  wrong: number = 1 / 2,
): string | undefined {
  const distances = known.map((candidate) => distance(name.toLowerCase(), candidate.toLowerCase()));
  const least = Math.min(...distances);
  return least <= name.length * wrong ? known[distances.indexOf(least)] : undefined;
}

/** What is wrong with a name, for messages: `unknown option 'maxToken'. Did you mean 'maxTokens'? Known: ...`. */
export function unknownName(kind: string, name: string, known: readonly string[]): string {
  return `unknown ${kind} '${name}'.${guessOf(name, known)} Known: ${known.join(', ')}.`;
}

/** ` Did you mean 'maxTokens'?`, or nothing where no name is near. */
export function guessOf(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
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
