/** Pairs of a query and a key that a causal mask and a window leave, in a sequence of one segment; window 0: none. */
export function visiblePairs(
  time: number,
  { causal, window }: { causal: boolean; window: number },
): number {
  if (!causal) return time ** 2;
  const far = window > 0 ? Math.max(0, time - window) : 0; // tokens that do not see the first one
  return (time * (time + 1) - far * (far + 1)) / 2;
}
