import type { DecoderShape } from '../../decoderWeights.ts';
import type { CacheDtype } from '../../kvCache.ts';
import { PAGE_POSITIONS } from '../../pageTree.ts';
import { logitsRows, PREFILL_ROWS } from './decodeBuffers.ts';
import { heapBytesOfPages, pageLayout } from './kvPages.ts';

/** What is to be sampled. */
export interface DecodeMemoryOptions {
  layers: number;
  /** Sequences in flight at once. */
  rows: number;
  /** Tokens of a prompt, and of prompt and completion, at most. */
  promptTokens: number;
  tokens: number;
  cacheDtype: CacheDtype;
}

/** Bytes of heap that sampling takes beside the weights. */
export interface DecodeMemory {
  /** Rows in flight, logits among them. */
  buffers: number;
  /** Keys and values when every sequence is as long as it can be. */
  cache: number;
}

/**
 * What `createDecoder` will allocate on the CPU, before anything is.
 *
 * @example
 * const shape = { hidden: 64, heads: 4, kvHeads: 2, headDim: 16, intermediate: 192, vocabulary: 128, eps: 1e-6 };
 * const options = { layers: 2, rows: 64, promptTokens: 16, tokens: 48, cacheDtype: 'f32' } as const;
 * decodeMemory(shape, options).cache; // 2097152
 */
export function decodeMemory(shape: DecoderShape, options: DecodeMemoryOptions): DecodeMemory {
  const { hidden, heads, kvHeads, headDim, intermediate, vocabulary } = shape;
  const { layers, rows, promptTokens, tokens, cacheDtype } = options;
  const step = Math.max(rows, Math.min(PREFILL_ROWS, rows * promptTokens));
  const perRow = 2 * hidden + (2 * heads + 2 * kvHeads) * headDim + intermediate;
  const layout = pageLayout(shape, layers, cacheDtype);
  return {
    buffers: 4 * (step * perRow + logitsRows(vocabulary, rows) * vocabulary),
    cache: heapBytesOfPages(layout, rows * Math.ceil(tokens / PAGE_POSITIONS)),
  };
}
