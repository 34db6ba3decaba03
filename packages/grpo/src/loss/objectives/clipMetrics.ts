import type { PolicyBatch } from './policyObjective.ts';

/**
 * TRL's `clip_ratio/*`: shares of tokens whose gradient the clip takes away, over the batch and per sequence.
 * A ratio per sequence counts once per row, trained or not.
 *
 * @param side - of token i: -1 clipped below, 1 above, 0 not.
 */
export function clipMetrics(
  { mask, rows, sequenceLength, sequenceRatio, perSequence }: PolicyBatch,
  side: (i: number) => number,
): Record<string, number> {
  const once = sequenceRatio && perSequence;
  let [low, high, total, lowMin, highMax] = [0, 0, 0, 1, 0];
  for (let row = 0; row < rows; row++) {
    const start = row * sequenceLength;
    let [rowLow, rowHigh, count] = [0, 0, 0];
    for (let i = start; i < (once ? start + 1 : start + sequenceLength); i++) {
      if (mask[i] === 0 && !once) continue;
      const clipped = side(i);
      if (clipped < 0) rowLow++;
      else if (clipped > 0) rowHigh++;
      count++;
    }
    low += rowLow;
    high += rowHigh;
    total += count;
    if (count > 0) lowMin = Math.min(lowMin, rowLow / count);
    if (count > 0) highMax = Math.max(highMax, rowHigh / count);
  }
  total ||= 1;
  return {
    'clip_ratio/low_mean': low / total,
    'clip_ratio/high_mean': high / total,
    'clip_ratio/region_mean': (low + high) / total,
    'clip_ratio/low_min': low === 0 ? 0 : lowMin,
    'clip_ratio/high_max': highMax,
  };
}
