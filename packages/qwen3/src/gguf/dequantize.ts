import { fromBfloat16, fromFloat16 } from '../checkpoint/floatFormats.ts';
import type { GgmlType } from './ggmlTypes.ts';
import { fromQ4K, fromQ5K, fromQ6K } from './kQuants.ts';

/**
 * Blocks of a GGUF file as f32, each operation rounded as gguf-py rounds it: the values are the same bits.
 *
 *     Q8_0, Q4_0, Q5_0: x = d q        Q4_1, Q5_1: x = d q + m        K: x = (d s) q - (dmin t)
 *
 * @param bytes - whole blocks.
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function dequantize(
  bytes: Uint8Array,
  { name, blockSize, blockBytes }: GgmlType,
): Float32Array {
  const blocks = bytes.byteLength / blockBytes;
  return DECODERS[name]!(bytes, new Float32Array(blocks * blockSize)); // ggmlType has named it
}

type Decoder = (bytes: Uint8Array, out: Float32Array) => Float32Array;

const DECODERS: Record<string, Decoder> = {
  F32: (bytes) => new Float32Array(aligned(bytes, 4)),
  F16: (bytes) => fromFloat16(new Uint16Array(aligned(bytes, 2))),
  BF16: (bytes) => fromBfloat16(new Uint16Array(aligned(bytes, 2))),
  Q8_0: fromQ8,
  Q4_0: (bytes, out) => fromQ4(bytes, out, { bytes: 18, hasMinimum: false }),
  Q4_1: (bytes, out) => fromQ4(bytes, out, { bytes: 20, hasMinimum: true }),
  Q5_0: (bytes, out) => fromQ5(bytes, out, { bytes: 22, hasMinimum: false }),
  Q5_1: (bytes, out) => fromQ5(bytes, out, { bytes: 24, hasMinimum: true }),
  Q4_K: (bytes, out) => fromQ4K(bytes, out, float16),
  Q5_K: (bytes, out) => fromQ5K(bytes, out, float16),
  Q6_K: (bytes, out) => fromQ6K(bytes, out, float16),
};

/** The bytes in a buffer of their own, unless they fill one already. */
function aligned(bytes: Uint8Array, size: number): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  const isWhole = byteOffset === 0 && byteLength === buffer.byteLength && byteLength % size === 0;
  return (isWhole ? buffer : bytes.slice().buffer) as ArrayBuffer; // read from a file: never shared
}

let halves: Float32Array | undefined;

/** The f16 at a place, by a table of all of them: two bytes in, one look-up. */
function float16(bytes: Uint8Array, at: number): number {
  halves ??= fromFloat16(Uint16Array.from({ length: 2 ** 16 }, (_, i) => i));
  return halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
}

function fromQ8(bytes: Uint8Array, out: Float32Array): Float32Array {
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let block = 0, at = 0; block < out.length; block += 32, at += 34) {
    const d = float16(bytes, at);
    for (let i = 0; i < 32; i++) out[block + i] = d * signed[at + 2 + i]!;
  }
  return out;
}

interface Layout {
  bytes: number;
  /** The block begins with its scale and its smallest value, else with its scale alone. */
  hasMinimum: boolean;
}

/** Byte i holds values i (low half) and i + 16 (high half). */
function fromQ4(bytes: Uint8Array, out: Float32Array, layout: Layout): Float32Array {
  const head = layout.hasMinimum ? 4 : 2;
  const shift = layout.hasMinimum ? 0 : 8;
  for (let block = 0, at = 0; block < out.length; block += 32, at += layout.bytes) {
    const d = float16(bytes, at);
    const m = layout.hasMinimum ? float16(bytes, at + 2) : -0; // x + -0 is x, for x = -0 too
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + head + i]!;
      out[block + i] = Math.fround(d * ((pair & 15) - shift)) + m;
      out[block + 16 + i] = Math.fround(d * ((pair >> 4) - shift)) + m;
    }
  }
  return out;
}

/** As Q4, with the fifth bits of all 32 values in four bytes before them. */
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
