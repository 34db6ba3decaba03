import { bringBack, placeFields, placesOf } from './placeTokens.ts';
import { LARGEST, readSequenceIds, tooMany } from './readSequenceIds.ts';
import { type AlignedLayout, isAligned, type TargetAligned } from './targetAligned.ts';
import { gridStarts } from './tokenRows.ts';

/** A function of a grid, by name, and which of its results have a value per token. */
export interface GridFunction<D, R> {
  where: string;
  run(grid: D): R;
  perToken: readonly (keyof R & string)[];
}

/**
 * Runs on the grid of target-aligned data, and brings the named results back to `[N]`; data of a grid goes through as it is.
 * A token's row is its id, its column its number among those of the same id, so that the numbers are those of the grid.
 * For functions of a caller's own, which know no other layout; the losses compute without padding: see `onRows`.
 */
export function onGrid<D extends object, R extends object>(
  data: D | TargetAligned<D>,
  { where, run, perToken }: GridFunction<D, R>,
): R {
  if (!isAligned(data)) return run(data as D);
  const { grid, places } = toGrid(where, data);
  return bringBack(run(grid as D), places, perToken); // every field of D, and the layout of a grid
}

/** Target-aligned data as a grid, and the place of each token in it. */
export function toGrid(
  where: string,
  data: AlignedLayout & object,
): { grid: Record<string, unknown>; places: Uint32Array } {
  const aligned = readSequenceIds(where, data);
  const rows = aligned.counts.length;
  const width = aligned.counts.reduce((longest, own) => Math.max(longest, own), 1);
  if (rows * width > LARGEST) throw tooMany(where, rows, width);
  const size = rows * width;
  const places = placesOf(aligned, gridStarts(rows, width));
  const completionMask = new Uint8Array(size);
  for (const place of places) completionMask[place] = 1;
  const fields = placeFields(where, aligned, { places, size });
  return { grid: { ...fields, completionMask, sequenceLength: width }, places };
}
