import type { DecoderShape } from '../../decoderWeights.ts';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import type { DecodeOffsets } from './decodeProducts.ts';

/** The biases of each layer's queries, keys and values as one vector each, as their product gives them. */
export interface JoinedBiases {
  /** Heap offsets, by layer; 0: the layer has none. */
  offsets: number[];
  free(): void;
}

/** Copies the biases: a snapshot of the moment `generate` was called, of a few kilobytes. */
export function joinBiases(
  { heap }: CpuRuntime,
  { heads, kvHeads, headDim }: DecoderShape,
  { layers }: DecodeOffsets,
): JoinedBiases {
  const blocks: number[] = [];
  const queries = heads * headDim;
  const keys = kvHeads * headDim;
  const joined = ({ qBias, kBias, vBias }: DecodeOffsets['layers'][number]): number => {
    if (!qBias && !kBias && !vBias) return 0;
    const length = queries + 2 * keys;
    const offset = heap.alloc(4 * length);
    blocks.push(offset);
    const bias = heap.f32(offset, length).fill(0);
    if (qBias) bias.set(heap.f32(qBias, queries));
    if (kBias) bias.set(heap.f32(kBias, keys), queries);
    if (vBias) bias.set(heap.f32(vBias, keys), queries + keys);
    return offset;
  };
  const free = (): void => {
    for (const block of blocks.splice(0)) heap.free(block);
  };
  try {
    return { offsets: layers.map(joined), free };
  } catch (error) {
    free();
    throw error;
  }
}
