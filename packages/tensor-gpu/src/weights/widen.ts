import { fromBfloat16, fromFloat16 } from './floatFormats.ts';
import { BLOCK, type StoredDtype } from './storedDtype.ts';

/**
 * Stored weights as float32, exact: the values that the kernels compute with (one product, for q4_1 one product and one
 * sum, each rounded to f32, as ggml and gguf-py do it).
 *
 *     q8_0: x = d q        q4_0: x = d (q - 8)        q4_1: x = d q + m
 *
 * @param bytes - whole rows, little-endian, as files have them. They are not modified.
 * @returns A new array, one value per element.
 *
 * @example
 * widen(Uint8Array.of(0x80, 0x3f, 0x20, 0xc0), 'bf16'); // Float32Array [1, -2.5]
 *
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function widen(bytes: Uint8Array, dtype: StoredDtype): Float32Array {
  return WIDEN[dtype](bytes);
}

const WIDEN: Record<StoredDtype, (bytes: Uint8Array) => Float32Array> = {
  f32: (bytes) => new Float32Array(bytes.slice().buffer),
  bf16: (bytes) => fromBfloat16(halvesOf(bytes)),
  f16: (bytes) => fromFloat16(halvesOf(bytes)),
  q8_0: (bytes) => {
    const values = new Float32Array((bytes.length / 34) * BLOCK);
    const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let block = 0, at = 0; block < values.length; block += BLOCK, at += 34) {
      const scale = float16(bytes, at);
      for (let i = 0; i < BLOCK; i++) values[block + i] = scale * signed[at + 2 + i]!;
    }
    return values;
  },
  q4_0: (bytes) => fromNibbles(bytes, { size: 18, head: 2, shift: 8 }),
  q4_1: (bytes) => fromNibbles(bytes, { size: 20, head: 4, shift: 0 }),
};

/** Byte i of a block holds the values i (low half) and i + 16 (high half). */
function fromNibbles(
  bytes: Uint8Array,
  { size, head, shift }: { size: number; head: 2 | 4; shift: number },
): Float32Array {
  const values = new Float32Array((bytes.length / size) * BLOCK);
  for (let block = 0, at = 0; block < values.length; block += BLOCK, at += size) {
    const scale = float16(bytes, at);
    const least = head === 4 ? float16(bytes, at + 2) : -0; // x + -0 is x, for x = -0 too
    for (let i = 0; i < BLOCK / 2; i++) {
      const pair = bytes[at + head + i]!;
      values[block + i] = Math.fround(scale * ((pair & 15) - shift)) + least;
      values[block + BLOCK / 2 + i] = Math.fround(scale * ((pair >> 4) - shift)) + least;
    }
  }
  return values;
}

/** The bytes as halves, copied where they begin at an odd place. */
function halvesOf(bytes: Uint8Array): Uint16Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}

let halves: Float32Array | undefined;

/** The f16 at a place, by a table of all of them: two bytes in, one look-up. */
function float16(bytes: Uint8Array, at: number): number {
  halves ??= fromFloat16(Uint16Array.from({ length: 2 ** 16 }, (_, i) => i));
  return halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
}
