import type { DecoderShape } from '../../decoderWeights.ts';
import type { Heap } from '../engine/heap.ts';
import { DRAW_WORDS } from './drawSettings.ts';

/** Logits of this many bytes at most lie in memory at once; more rows go through the head in turns. */
const LOGITS_BYTES = 64 << 20;
/** Rows of a block of the products, ROWS of kernels/decodeLinear.c. */
const BLOCK_ROWS = 96;
/** Tokens of prompts that go through the layers together. */
export const PREFILL_ROWS = 256;
/** Words of a drawn token: id, log-prob of the model, log-prob of the drawn distribution. */
export const DRAWN_WORDS = 3;

/** Row = one token in flight; slot = one sequence. */
export interface DecodeSize {
  rows: number;
  slots: number;
}

/** Working memory of a step. */
export interface DecodeBuffers extends DecodeSize {
  logitsRows: number;
  /** Heap offsets. */
  at: {
    live: number;
    tokens: number;
    positions: number;
    rowSlots: number;
    tables: number;
    settings: number;
    drawn: number;
    hidden: number;
    normed: number;
    qkv: number;
    mixed: number;
    active: number;
    /** x A^T of the adapters. */
    lowRank: number;
    logits: number;
  };
  free(): void;
}

/** Rows of logits in memory at once. */
export function logitsRows(vocabulary: number, slots: number): number {
  const blocks = Math.max(1, Math.floor(LOGITS_BYTES / (4 * vocabulary * BLOCK_ROWS)));
  return Math.min(slots, blocks * BLOCK_ROWS);
}

/** Allocates the buffers of a step, all or nothing. `ranks`: the most columns that x A^T of one product has. */
export function allocateDecodeBuffers(
  heap: Heap,
  shape: DecoderShape,
  { rows, slots, ranks }: DecodeSize & { ranks: number },
): DecodeBuffers {
  const { hidden, heads, kvHeads, headDim, intermediate, vocabulary } = shape;
  const logits = logitsRows(vocabulary, slots);
  const blocks: number[] = [];
  const words = (count: number) => {
    const offset = heap.alloc(4 * count, 'sampling');
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
      tables: words(slots),
      settings: words(slots * DRAW_WORDS),
      drawn: words(slots * DRAWN_WORDS),
      hidden: words(rows * hidden),
      normed: words(rows * hidden),
      qkv: words(rows * (heads + 2 * kvHeads) * headDim),
      mixed: words(rows * heads * headDim),
      active: words(rows * intermediate),
      lowRank: words(rows * ranks),
      logits: words(logits * vocabulary),
    };
    return { rows, slots, logitsRows: logits, at, free };
  } catch (error) {
    free();
    throw error;
  }
}
