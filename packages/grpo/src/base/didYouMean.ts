/** Beyond this many letters no name is ours, and the table of distances would be large. */
const LONGEST = 64;

/** What TRL's batches and samplers call our data fields; by letters, another one is nearer. */
const SYNONYMS: Readonly<Record<string, string>> = {
  samplinglogprobs: 'rolloutLogprobs',
  samplingpertokenlogps: 'rolloutLogprobs',
  oldpertokenlogps: 'oldLogprobs',
  refpertokenlogps: 'refLogprobs',
};

/** " Did you mean 'x'?": the nearest known name if half of the letters are right, else one that contains what was given. */
export function didYouMean(name: string, known: readonly string[]): string {
  const plain = (word: string) => word.slice(0, LONGEST).toLowerCase().replaceAll(/[_-]/g, '');
  const synonym = SYNONYMS[plain(name)];
  if (synonym !== undefined && known.includes(synonym)) return ` Did you mean '${synonym}'?`;
  const distances = known.map((candidate) => distance(plain(name), plain(candidate)));
  const least = Math.min(...distances);
  const isNear = least <= name.length / 2;
  const contains = (candidate: string) =>
    plain(name).length > 2 && plain(candidate).includes(plain(name));
  const nearest = isNear ? known[distances.indexOf(least)] : known.find(contains);
  return nearest === undefined ? '' : ` Did you mean '${nearest}'?`;
}

/** Edits between two names; a name that was begun is near: `epsilonHi` is `epsilonHigh`, not `epsilon`. */
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
