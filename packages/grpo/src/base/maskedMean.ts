interface Layout {
  mask: Uint8Array;
  rows: number;
  sequenceLength: number;
}

/**
 * Mean of `value(i)` over the trained tokens; with `perSequence`, over all rows, taking each row's first token
 * (TRL's rule for quantities of which a sequence has one).
 */
export function maskedMean(
  { mask, rows, sequenceLength }: Layout,
  value: (i: number) => number,
  perSequence = false,
): number {
  let [sum, count] = [0, 0];
  if (perSequence) {
    for (let row = 0; row < rows; row++) sum += value(row * sequenceLength);
    return sum / (rows || 1);
  }
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    sum += value(i);
    count++;
  }
  return sum / (count || 1);
}
