/** A chunk should take 20 microseconds or more: about this many floats of an element-wise kernel. */
const CHUNK_COST = 16384;
/** Enough for 16 threads to end together. */
const MOST_CHUNKS = 64;

/**
 * Cuts rows into chunks, by the shape alone: results do not depend on the number of threads.
 *
 * @param cost - Of one row, in floats that an element-wise kernel reads.
 * @param most - Upper limit of the number of chunks, such as that of partial sums.
 */
export function chunkRows(
  rows: number,
  cost: number,
  most: number = MOST_CHUNKS,
): { chunks: number; rowsPerChunk: number } {
  const rowsPerChunk = Math.max(1, Math.ceil(rows / most), Math.ceil(CHUNK_COST / cost));
  return { chunks: Math.ceil(rows / rowsPerChunk), rowsPerChunk };
}
