import type { PolicyBatch } from './policyObjective.ts';

/** Where values are clipped: below `low`, and above `high` after they were held to `most`. */
interface ClipBounds {
  low: number;
  high: number;
  most?: number;
}

/**
 * TRL's `clip_ratio/*`: shares of tokens whose gradient the clip takes away, over the batch and per sequence: a negative
 * advantage below, a positive one above. A ratio per sequence counts once per row, trained or not.
 *
 * @param values - ratios or their logs, as the bounds are.
 */
export function clipMetrics(
  batch: PolicyBatch,
  values: Float64Array,
  { low, high, most = Infinity }: ClipBounds,
): Record<string, number> {
  const { rows, starts, trained, trainedStarts, advantages } = batch;
  const once = batch.sequenceRatio && batch.perSequence;
  const shares = clipShares();
  for (let row = 0; row < rows; row++) {
    const from = once ? row : trainedStarts[row]!;
    const to = once ? row + 1 : trainedStarts[row + 1]!;
    const tokens = once ? starts : trained; // a row's first token stands for it
    let [below, above] = [0, 0];
    for (let k = from; k < to; k++) {
      const i = tokens[k]!;
      const value = Math.min(values[i]!, most);
      const advantage = advantages[i]!;
      if (advantage < 0 && value < low) below++;
      else if (advantage > 0 && value > high) above++;
    }
    shares.add({ below, above, tokens: to - from });
  }
  return shares.metrics();
}

/** `clip_ratio/*` from the counts of each sequence. */
export function clipShares() {
  let [below, above, total, lowMin, highMax] = [0, 0, 0, 1, 0];
  return {
    add(row: { below: number; above: number; tokens: number }): void {
      below += row.below;
      above += row.above;
      total += row.tokens;
      if (row.tokens > 0) lowMin = Math.min(lowMin, row.below / row.tokens);
      if (row.tokens > 0) highMax = Math.max(highMax, row.above / row.tokens);
    },
    metrics(): Record<string, number> {
      const all = total || 1;
      return {
        'clip_ratio/low_mean': below / all,
        'clip_ratio/high_mean': above / all,
        'clip_ratio/region_mean': (below + above) / all,
        'clip_ratio/low_min': below === 0 ? 0 : lowMin,
        'clip_ratio/high_max': highMax,
      };
    },
  };
}
