/** Mean and largest `|a - b|` over kept places where both are known (no NaN); 0 where there is none. */
export function meanAndMaxDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  keep: ArrayLike<number>,
): { mean: number; max: number } {
  let [sum, count, max] = [0, 0, 0];
  for (let i = 0; i < keep.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (keep[i] === 0 || Number.isNaN(difference)) continue;
    sum += difference;
    max = Math.max(max, difference);
    count++;
  }
  return { mean: sum / (count || 1), max };
}
