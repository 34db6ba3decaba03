/** What a sticky pattern finds at `index`. */
export function matchAt(pattern: RegExp, s: string, index: number): string | null {
  pattern.lastIndex = index;
  return pattern.exec(s)?.[0] ?? null;
}
