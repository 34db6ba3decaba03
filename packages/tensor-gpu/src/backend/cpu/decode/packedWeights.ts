import type { DecoderShape, DecoderWeights } from '../../decoderWeights.ts';
import type { CpuRuntime } from '../engine/runtime.ts';

/** Columns of a unit of work in kernels/decodeLinear.c; packed matrices are padded to it. */
export const DECODE_UNIT = 32;

/** Heap offsets of a model's weights. */
export type DecodeOffsets = DecoderWeights<number>;

/** The matrices in the layout of the decode kernels: heap offsets. */
export interface PackedWeights {
  layers: {
    qkv: number;
    /** Of q, k, v one after the other, as `qkv` gives them; 0: the layer has none. */
    bias: number;
    o: number;
    gateUp: number;
    down: number;
  }[];
  head: number;
  free(): void;
}

/**
 * Copies the matrices into panels, q, k, v as one matrix and gate, up in turns. The copy is a snapshot:
 * a step of the optimizer during `generate` does not reach it.
 */
export function packWeights(
  cpu: CpuRuntime,
  { hidden, heads, kvHeads, headDim, intermediate, vocabulary }: DecoderShape,
  offsets: DecodeOffsets,
): PackedWeights {
  const blocks: number[] = [];
  const matrix = (columns: number, width: number, copies = 1) => {
    const units = Math.ceil(columns / DECODE_UNIT);
    const length = units * DECODE_UNIT * width * copies;
    const offset = cpu.heap.alloc(4 * length);
    blocks.push(offset);
    // lanes beyond the last column are computed and dropped: zeros keep them away from slow numbers
    if (columns % DECODE_UNIT !== 0) cpu.heap.f32(offset, length).fill(0);
    return offset;
  };
  const pack = (
    source: number,
    packed: number,
    size: { columns: number; width: number; first?: number; step?: number; phase?: number },
  ) => {
    const { columns, width, first = 0, step = 1, phase = 0 } = size;
    const to = { firstColumn: first, panelStep: step, firstPanel: phase };
    const words = { matrix: source, packed, columns, width, ...to };
    cpu.run('decodePack', Math.ceil(columns / DECODE_UNIT), words);
  };
  const free = () => {
    for (const block of blocks.splice(0)) cpu.heap.free(block);
  };

  const queries = heads * headDim;
  const keys = kvHeads * headDim;
  const biasOf = ({ qBias, kBias, vBias }: DecodeOffsets['layers'][number]) => {
    if (!qBias && !kBias && !vBias) return 0;
    const length = queries + 2 * keys;
    const offset = cpu.heap.alloc(4 * length);
    blocks.push(offset);
    const bias = cpu.heap.f32(offset, length).fill(0);
    if (qBias) bias.set(cpu.heap.f32(qBias, queries));
    if (kBias) bias.set(cpu.heap.f32(kBias, keys), queries);
    if (vBias) bias.set(cpu.heap.f32(vBias, keys), queries + keys);
    return offset;
  };
  try {
    const layers = offsets.layers.map((layer) => {
      const qkv = matrix(queries + 2 * keys, hidden);
      pack(layer.q, qkv, { columns: queries, width: hidden });
      pack(layer.k, qkv, { columns: keys, width: hidden, first: queries });
      pack(layer.v, qkv, { columns: keys, width: hidden, first: queries + keys });
      const o = matrix(hidden, queries);
      pack(layer.o, o, { columns: hidden, width: queries });
      const gateUp = matrix(intermediate, hidden, 2);
      pack(layer.gate, gateUp, { columns: intermediate, width: hidden, step: 2 });
      pack(layer.up, gateUp, { columns: intermediate, width: hidden, step: 2, phase: 1 });
      const down = matrix(hidden, intermediate);
      pack(layer.down, down, { columns: hidden, width: intermediate });
      return { qkv, bias: biasOf(layer), o, gateUp, down };
    });
    const head = matrix(vocabulary, hidden);
    pack(offsets.head, head, { columns: vocabulary, width: hidden });
    return { layers, head, free };
  } catch (error) {
    free();
    throw error;
  }
}
