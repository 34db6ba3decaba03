/** Fisher-Yates with Numerical Recipes' LCG, in place: the same seed of 32 bits gives the same order everywhere. */
export function shuffle<T>(items: T[], seed: number): void {
  let state = Math.imul(seed + 1, 0x9e3779b9) >>> 0; // spread neighbouring seeds
  for (let i = items.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}
