/**
 * How often a measure, higher is better, stopped rising: `patience + 1` values in a row that did not beat the best before them
 * by a relative `threshold`. torch.optim.lr_scheduler.ReduceLROnPlateau counts them so.
 */
export function plateaus(
  values: readonly number[],
  { patience, threshold }: { patience: number; threshold: number },
): number {
  let best = Number.NEGATIVE_INFINITY;
  let [waited, count] = [0, 0];
  for (const value of values) {
    const isBetter = best === Number.NEGATIVE_INFINITY || value > best + threshold * Math.abs(best);
    if (isBetter) best = value;
    waited = isBetter ? 0 : waited + 1;
    if (waited <= patience) continue;
    waited = 0;
    count += 1;
  }
  return count;
}
