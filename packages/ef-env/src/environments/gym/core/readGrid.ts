/** Rows of numbers as text (`1 2\n3 4`), brackets and commas allowed; `null` if a row holds anything else. */
export function readGrid(answer: string): number[][] | null {
  const rows: number[][] = [];
  for (const line of answer
    .replace(/\]\s*,?/g, '\n')
    .trim()
    .split('\n')) {
    const bare = line.replace(/[[\],]/g, ' ').trim();
    if (bare === '') continue;
    if (!/^-?\d+(?:\s+-?\d+)*$/.test(bare)) return null;
    rows.push(bare.split(/\s+/).map(Number));
  }
  return rows;
}

export const gridText = (rows: readonly (readonly (number | string)[])[]): string =>
  rows.map((row) => row.join(' ')).join('\n');

/** The first place where two grids differ, in words that do not tell what belongs there; `null` if none. */
export function gridMistake(
  got: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
): string | null {
  if (got.length !== expected.length)
    return `The grid has ${got.length} rows instead of ${expected.length}.`;
  for (let r = 0; r < expected.length; r++) {
    const [row, want] = [got[r]!, expected[r]!];
    if (row.length !== want.length)
      return `Row ${r + 1} has ${row.length} numbers instead of ${want.length}.`;
    const c = row.findIndex((value, i) => value !== want[i]);
    if (c >= 0) return `Row ${r + 1}, column ${c + 1}: ${row[c]} is wrong.`;
  }
  return null;
}
