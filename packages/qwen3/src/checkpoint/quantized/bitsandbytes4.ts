import { checkedPart, damaged, finiteValues } from './parts.ts';
import type {
  Quantization,
  QuantizedSource,
  QuantizedTensor,
  QuantizedTensors,
} from './quantizedTensor.ts';
import { type FourBitKind, type QuantState, readQuantState } from './quantState.ts';

/** NormalFloat4: https://arxiv.org/abs/2305.14314, appendix E. */
const NF4 = [
  ...[-1, -0.6961928, -0.52507305, -0.39491749, -0.28444138, -0.18477343, -0.091050036, 0],
  ...[0.0795803, 0.1609302, 0.2461123, 0.33791524, 0.44070983, 0.562617, 0.72295684, 1],
];
/** A sign, two bits of exponent and one of fraction, over the largest. Code 8 is minus zero. */
const FP4_POSITIVE = [0, 0.0625, 8, 12, 4, 6, 2, 3].map((x) => x / 12);

const TABLES: Record<FourBitKind, Float32Array> = {
  nf4: Float32Array.from(NF4),
  fp4: Float32Array.from([...FP4_POSITIVE, ...FP4_POSITIVE.map((x) => -x)]),
};
/** Kernels of some devices write the table with four digits. */
const TABLE_TOLERANCE = 1e-4;

const STATE = '.quant_state.bitsandbytes__';

/**
 * nf4 and fp4 of bitsandbytes: two codes in a byte of `X.weight` (the first in its high half), a scale for each block of 64 values
 * in `X.weight.absmax`, in the order of the rows.
 *
 *     W[n] = table[q[n]] absmax[n / 64]                                              in f32, rounded to the dtype that was quantised
 *     absmax[b] = nested_quant_map[a[b]] nested_absmax[b / 256] + nested_offset      where the scales are quantised, too
 *
 * Shape, dtype and sizes of blocks stand as JSON in `X.weight.quant_state.bitsandbytes__nf4`. The table is that of the type, as in
 * bitsandbytes; the one in the file (`X.weight.quant_map`) must be it.
 *
 * @see Dettmers et al. 2023, QLoRA: https://arxiv.org/abs/2305.14314
 */
export const BITSANDBYTES_4: Quantization = {
  name: 'bitsandbytes, 4 bits: X.weight with X.weight.absmax and X.weight.quant_state',
  async find(source) {
    const tensors: QuantizedTensors = new Map();
    for (const name of source.file.entries.keys()) {
      const [weight, kind] = name.split(STATE);
      if (weight === undefined || (kind !== 'nf4' && kind !== 'fp4')) continue;
      if (tensors.has(weight)) damaged(source.path, `holds ${weight} as nf4 and as fp4.`);
      tensors.set(weight, await fourBitTensor(source, weight, kind));
    }
    return tensors;
  },
};

async function fourBitTensor(
  source: QuantizedSource,
  name: string,
  kind: FourBitKind,
): Promise<QuantizedTensor> {
  const { file, path } = source;
  const packed = file.entries.get(name) ?? damaged(path, `has the state of ${name} but lacks it.`);
  const stateName = `${name}${STATE}${kind}`;
  const packedBytes = packed.end - packed.begin; // kept as U8, or for FSDP as a type of the other weights
  const state = await readQuantState(source, stateName, { kind, packedBytes });
  const { shape, dtype, blockSize } = state;
  const count = shape[0] * shape[1];
  const scales = blockScales(source, name, { state, blocks: Math.ceil(count / blockSize) });
  checkedPart(source, `${name}.quant_map`, { dtypes: ['F32'], shapes: [[16]] });
  return {
    shape,
    dtype,
    parts: [name, stateName, `${name}.quant_map`, ...scales.parts],
    async values() {
      const table = TABLES[kind];
      const written = await finiteValues(source, `${name}.quant_map`);
      if (written.some((value, i) => Math.abs(value - table[i]!) > TABLE_TOLERANCE)) {
        damaged(path, `has ${name}.quant_map with other values than those of ${kind}.`);
      }
      const codes = await file.bytes(name);
      const values = new Float32Array(count);
      for (const [block, scale] of (await scales.read()).entries()) {
        const end = Math.min(count, (block + 1) * blockSize);
        for (let i = block * blockSize; i < end; i++) {
          const pair = codes[i >> 1]!;
          values[i] = table[i & 1 ? pair & 15 : pair >> 4]! * scale;
        }
      }
      return values;
    },
  };
}

/** The scales of the blocks: as they are, or codes of a table with a scale for each `nested.blockSize` of them. */
function blockScales(
  source: QuantizedSource,
  name: string,
  { state: { nested }, blocks }: { state: QuantState; blocks: number },
): { parts: string[]; read(): Promise<Float32Array> } {
  const absmax = `${name}.absmax`;
  checkedPart(source, absmax, { dtypes: [nested ? 'U8' : 'F32'], shapes: [[blocks]] });
  if (!nested) return { parts: [absmax], read: () => finiteValues(source, absmax) };
  const { blockSize, offset } = nested;
  const [outer, map] = [`${name}.nested_absmax`, `${name}.nested_quant_map`];
  checkedPart(source, outer, { dtypes: ['F32'], shapes: [[Math.ceil(blocks / blockSize)]] });
  checkedPart(source, map, { dtypes: ['F32'], shapes: [[256]] });
  return {
    parts: [absmax, outer, map],
    async read() {
      const [table, scales] = [await finiteValues(source, map), await finiteValues(source, outer)];
      const codes = await source.file.bytes(absmax);
      return Float32Array.from(codes, (code, block) => {
        const scale = scales[Math.floor(block / blockSize)]!;
        return Math.fround(table[code]! * scale) + Math.fround(offset);
      });
    },
  };
}
