/** Mean of the values; NaN when there are none. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Standard deviation with divisor n - ddof. Exactly 0 when all values are equal; NaN when n <= ddof. */
export function standardDeviation(values: ArrayLike<number>, ddof = 1): number {
  if (values.length <= ddof) return Number.NaN;
  const centre = mean(values);
  let squares = 0;
  let spread = false;
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== values[0]) spread = true;
    squares += (values[i]! - centre) ** 2;
  }
  return spread ? Math.sqrt(squares / (values.length - ddof)) : 0;
}

/** The rewards at `indices` that are not `null`. */
export function scored(rewards: ArrayLike<number | null>, indices: ArrayLike<number>): number[] {
  const values: number[] = [];
  for (let k = 0; k < indices.length; k++) {
    const reward = rewards[indices[k]!];
    if (reward !== null && reward !== undefined) values.push(reward);
  }
  return values;
}
