import { widen } from '@molrl/tensor-gpu';
import type { GgmlType } from './ggmlTypes.ts';
import { fromQ4K, fromQ5K, fromQ6K } from './kQuants.ts';

/**
 * Blocks of a GGUF file as f32, each operation rounded as gguf-py rounds it: the values are the same bits. What the kernels
 * read as it is is the engine's to widen; here are the others.
 *
 *     Q5_0: x = d q        Q5_1: x = d q + m        K: x = (d s) q - (dmin t)
 *
 * @param bytes - whole blocks.
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function dequantize(
  bytes: Uint8Array,
  { name, dtype, blockSize, blockBytes }: GgmlType,
): Float32Array {
  if (dtype !== undefined) return widen(bytes, dtype);
  const blocks = bytes.byteLength / blockBytes;
  return DECODERS[name]!(bytes, new Float32Array(blocks * blockSize)); // ggmlType has named it
}

type Decoder = (bytes: Uint8Array, out: Float32Array) => Float32Array;

const DECODERS: Record<string, Decoder> = {
  Q5_0: (bytes, out) => fromQ5(bytes, out, { bytes: 22, hasMinimum: false }),
  Q5_1: (bytes, out) => fromQ5(bytes, out, { bytes: 24, hasMinimum: true }),
  Q4_K: (bytes, out) => fromQ4K(bytes, out, float16),
  Q5_K: (bytes, out) => fromQ5K(bytes, out, float16),
  Q6_K: (bytes, out) => fromQ6K(bytes, out, float16),
};

let halves: Float32Array | undefined;

/** The f16 at a place, by a table of all of them: two bytes in, one look-up. */
function float16(bytes: Uint8Array, at: number): number {
  halves ??= widen(
    new Uint8Array(Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).buffer),
    'f16',
  );
  return halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
}

interface Layout {
  bytes: number;
  /** The block begins with its scale and its smallest value, else with its scale alone. */
  hasMinimum: boolean;
}

/** Byte i holds values i (low half) and i + 16 (high half); the fifth bits of all 32 stand in four bytes before them. */
function fromQ5(bytes: Uint8Array, out: Float32Array, layout: Layout): Float32Array {
  const head = layout.hasMinimum ? 4 : 2;
  const shift = layout.hasMinimum ? 0 : 16;
  for (let block = 0, at = 0; block < out.length; block += 32, at += layout.bytes) {
    const d = float16(bytes, at);
    const m = layout.hasMinimum ? float16(bytes, at + 2) : -0;
    const high = (i: number): number => ((bytes[at + head + (i >> 3)]! >> (i & 7)) & 1) << 4;
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + head + 4 + i]!;
      out[block + i] = Math.fround(d * (((pair & 15) | high(i)) - shift)) + m;
      out[block + 16 + i] = Math.fround(d * (((pair >> 4) | high(i + 16)) - shift)) + m;
    }
  }
  return out;
}
