/**
 * Joins what is equal: the connected groups of `equal` in either direction, whatever the order of the items. `mathEqual`
 * is neither symmetric nor transitive (`5 cm` and `5 m` both accept 5), so first come, first served would not do.
 *
 * @returns Per item the index of the first member of its group.
 */
export function answerGroups(
  items: readonly string[],
  equal: (a: string, b: string) => boolean,
): number[] {
  const first = new Map<string, number>();
  const parent = items.map((item, i) => {
    const known = first.get(item);
    if (known === undefined) first.set(item, i);
    return known ?? i;
  });
  const rootOf = (i: number): number => (parent[i] === i ? i : rootOf(parent[i]!)); // an index
  const spellings = [...first];
  for (const [k, [a, i]] of spellings.entries()) {
    for (const [b, j] of spellings.slice(0, k)) {
      const [one, other] = [rootOf(i), rootOf(j)];
      if (one !== other && (equal(a, b) || equal(b, a)))
        parent[Math.max(one, other)] = Math.min(one, other);
    }
  }
  return items.map((_, i) => rootOf(i));
}
