import type { DecoderShape } from '../../decoderWeights.ts';
import type { Heap } from '../engine/heap.ts';

/** Logits of this many bytes at most lie in memory at once; more rows go through the head in turns. */
const LOGITS_BYTES = 64 << 20;
/** Rows of a block of the products (ROWS of kernels/decode.h): left sides are padded to it. */
const BLOCK_ROWS = 60;
/** Positions that the key cache keeps side by side (LANES of kernels/decodeAttention.c). */
const LANES = 16;

/** Bytes of keys and values of one sequence in one layer, and its capacity in positions. */
export function decodeCache(
  { kvHeads, headDim }: DecoderShape,
  positions: number,
): { capacity: number; bytes: number } {
  const capacity = Math.ceil(positions / LANES) * LANES;
  const padded = Math.ceil(headDim / LANES) * LANES;
  return { capacity, bytes: 4 * kvHeads * capacity * (headDim + padded) };
}

/** Working memory of one wave of sequences. Row = one token in flight; slot = one sequence. */
export interface DecodeBuffers {
  rows: number;
  slots: number;
  capacity: number;
  maxTokens: number;
  logitsRows: number;
  /** Heap offsets. */
  at: {
    live: number;
    tokens: number;
    positions: number;
    rowSlots: number;
    seeds: number;
    counts: number;
    seen: number;
    suppressed: number;
    ids: number;
    logprobs: number;
    samplingLogprobs: number;
    hidden: number;
    normed: number;
    qkv: number;
    mixed: number;
    active: number;
    logits: number;
    caches: number[];
  };
  free(): void;
}

/** Allocates the buffers of a wave, all or nothing. */
export function allocateDecodeBuffers(
  heap: Heap,
  shape: DecoderShape,
  size: { rows: number; slots: number; layers: number; positions: number; maxTokens: number },
): DecodeBuffers {
  const { rows, slots, layers, positions, maxTokens } = size;
  const { hidden, heads, kvHeads, headDim, intermediate, vocabulary } = shape;
  const { capacity, bytes } = decodeCache(shape, positions);
  const padded = Math.ceil(rows / BLOCK_ROWS) * BLOCK_ROWS;
  const logitsBlocks = Math.max(1, Math.floor(LOGITS_BYTES / (4 * vocabulary * BLOCK_ROWS)));
  const logitsRows = Math.min(slots, logitsBlocks * BLOCK_ROWS);
  const blocks: number[] = [];
  const words = (count: number) => {
    const offset = heap.alloc(4 * count);
    blocks.push(offset);
    return offset;
  };
  const free = () => {
    for (const block of blocks.splice(0)) heap.free(block);
  };
  try {
    const at = {
      live: words(1),
      tokens: words(rows),
      positions: words(rows),
      rowSlots: words(rows),
      seeds: words(2 * slots),
      counts: words(slots),
      seen: words(slots * Math.ceil(vocabulary / 32)),
      suppressed: words(Math.ceil(vocabulary / 32)),
      ids: words(slots * maxTokens),
      logprobs: words(slots * maxTokens),
      samplingLogprobs: words(slots * maxTokens),
      hidden: words(rows * hidden),
      normed: words(padded * hidden),
      qkv: words(rows * (heads + 2 * kvHeads) * headDim),
      mixed: words(padded * heads * headDim),
      active: words(padded * intermediate),
      logits: words(logitsRows * vocabulary),
      caches: Array.from({ length: layers }, () => words((slots * bytes) / 4)),
    };
    return { rows, slots, capacity, maxTokens, logitsRows, at, free };
  } catch (error) {
    free();
    throw error;
  }
}
