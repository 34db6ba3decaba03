import type { TokenRows } from './tokenRows.ts';

/**
 * Mean of `value(i)` over the trained tokens; with `perSequence`, over all rows, taking each row's first token
 * (TRL's rule for quantities of which a sequence has one).
 */
export function maskedMean(
  { rows, starts, trained }: TokenRows,
  value: (i: number) => number,
  perSequence = false,
): number {
  let sum = 0;
  if (perSequence) {
    for (let row = 0; row < rows; row++) sum += value(starts[row]!);
    return sum / (rows || 1);
  }
  for (let k = 0; k < trained.length; k++) sum += value(trained[k]!);
  return sum / (trained.length || 1);
}
