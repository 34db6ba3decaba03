import { BLOCK, type StoredDtype } from './storedDtype.ts';

/**
 * Stored weights as float32, exact: the values that the kernels compute with (one product, for q4_1 one product and one
 * sum, each rounded to f32, as ggml and gguf-py do it).
 */
export function widen(bytes: Uint8Array, dtype: StoredDtype): Float32Array {
  return WIDEN[dtype](new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

const WIDEN: Record<StoredDtype, (view: DataView) => Float32Array> = {
  f32: (view) => fill(view, 4, (at) => view.getFloat32(at, true)),
  bf16: (view) => {
    const values = new Float32Array(view.byteLength / 2);
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < bits.length; i++) bits[i] = view.getUint16(2 * i, true) << 16;
    return values;
  },
  f16: (view) => fill(view, 2, (at) => float16(view.getUint16(at, true))),
  q8_0: (view) =>
    blocks(view, 34, (at) => {
      const scale = float16(view.getUint16(at, true));
      return (i) => scale * view.getInt8(at + 2 + i);
    }),
  q4_0: (view) =>
    blocks(view, 18, (at) => {
      const scale = float16(view.getUint16(at, true));
      return (i) => scale * (nibble(view, at + 2, i) - 8);
    }),
  q4_1: (view) =>
    blocks(view, 20, (at) => {
      const scale = float16(view.getUint16(at, true));
      const least = float16(view.getUint16(at + 2, true));
      return (i) => Math.fround(scale * nibble(view, at + 4, i)) + least;
    }),
};

function fill(view: DataView, size: number, read: (at: number) => number): Float32Array {
  const values = new Float32Array(view.byteLength / size);
  for (let i = 0; i < values.length; i++) values[i] = read(i * size);
  return values;
}

function blocks(
  view: DataView,
  size: number,
  open: (at: number) => (element: number) => number,
): Float32Array {
  const count = view.byteLength / size;
  const values = new Float32Array(count * BLOCK);
  for (let block = 0; block < count; block++) {
    const element = open(block * size);
    for (let i = 0; i < BLOCK; i++) values[block * BLOCK + i] = element(i);
  }
  return values;
}

function nibble(view: DataView, at: number, element: number): number {
  const half = BLOCK / 2;
  return element < half
    ? view.getUint8(at + element) & 15
    : view.getUint8(at + element - half) >> 4;
}

/** IEEE binary16, subnormals included. */
function float16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
