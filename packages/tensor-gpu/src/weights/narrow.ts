import { BLOCK, STORED_DTYPES, type StoredDtype } from './storedDtype.ts';

/**
 * Float32 values as files store them, rounded: to nearest even for bf16 and f16; blocks of 32 as ggml makes them
 * (quantize_row_q8_0_ref, q4_0_ref, q4_1_ref of ggml-quants.c).
 *
 *     q8_0: d = max |x| / 127, q = round(x / d)                       ties away from 0
 *     q4_0: d = (the x of largest |x|) / -8, q = floor(x / d + 8.5)   at most 15
 *     q4_1: m = min x, d = (max x - m) / 15, q = floor((x - m) / d + 0.5)
 *
 * @param values - whole rows: for the types with blocks a multiple of 32.
 */
export function narrow(values: Float32Array, dtype: StoredDtype): Uint8Array<ArrayBuffer> {
  const { elements, bytes } = STORED_DTYPES[dtype];
  const stored = new Uint8Array((values.length / elements) * bytes);
  const view = new DataView(stored.buffer);
  for (let from = 0, at = 0; from < values.length; from += elements, at += bytes)
    WRITE[dtype](view, at, values.subarray(from, from + elements));
  return stored;
}

type Write = (view: DataView, at: number, values: Float32Array) => void;

const WRITE: Record<StoredDtype, Write> = {
  f32: (view, at, [value = 0]) => view.setFloat32(at, value, true),
  bf16: (view, at, [value = 0]) => view.setUint16(at, bfloat16(value), true),
  f16: (view, at, [value = 0]) => view.setUint16(at, float16(value), true),
  q8_0: (view, at, values) => {
    const scale = Math.fround(values.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127);
    const inverse = inverseOf(scale);
    view.setUint16(at, float16(scale), true);
    for (let i = 0; i < BLOCK; i++) {
      const q = Math.fround(values[i]! * inverse);
      view.setInt8(at + 2 + i, Math.sign(q) * Math.round(Math.abs(q)));
    }
  },
  q4_0: (view, at, values) => {
    const largest = values.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
    const scale = Math.fround(largest / -8);
    const inverse = inverseOf(scale);
    view.setUint16(at, float16(scale), true);
    writeHalves(view, at + 2, (i) => Math.fround(Math.fround(values[i]! * inverse) + 8.5));
  },
  q4_1: (view, at, values) => {
    const least = values.reduce((low, x) => Math.min(low, x), Number.POSITIVE_INFINITY);
    const most = values.reduce((high, x) => Math.max(high, x), Number.NEGATIVE_INFINITY);
    const scale = Math.fround(Math.fround(most - least) / 15);
    const inverse = inverseOf(scale);
    view.setUint16(at, float16(scale), true);
    view.setUint16(at + 2, float16(least), true);
    writeHalves(view, at + 4, (i) => {
      const steps = Math.fround(Math.fround(values[i]! - least) * inverse);
      return Math.fround(steps + 0.5);
    });
  },
};

const inverseOf = (scale: number): number => (scale === 0 ? 0 : Math.fround(1 / scale));

/** Half bytes of a block: the two halves of it side by side. */
function writeHalves(view: DataView, at: number, quantised: (i: number) => number): void {
  const q = (i: number): number => Math.max(0, Math.min(15, Math.trunc(quantised(i))));
  for (let i = 0; i < BLOCK / 2; i++) view.setUint8(at + i, q(i) | (q(i + BLOCK / 2) << 4));
}

const word = new DataView(new ArrayBuffer(4));

function bfloat16(value: number): number {
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16; // half of the dropped unit; ties go to the even half
}

/** To IEEE binary16, to nearest, ties to even: beyond 65,520 infinity, below 2^-25 zero. */
function float16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const unit = 2 ** (exponent - 10); // between neighbours at this size; log2 one too low only makes a carry
  return sign | (toEven(size / unit) + (exponent + 14) * 1024);
}

function toEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor + (floor % 2);
}
