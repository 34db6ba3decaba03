import { toBfloat16, toFloat16 } from './floatFormats.ts';
import { BLOCK, STORED_DTYPES, type StoredDtype } from './storedDtype.ts';

/**
 * Float32 values as files store them, rounded: to nearest even for bf16 and f16; blocks of 32 as ggml makes them
 * (quantize_row_q8_0_ref, q4_0_ref, q4_1_ref of ggml-quants.c).
 *
 *     q8_0: d = max |x| / 127, q = round(x / d)                       ties away from 0
 *     q4_0: d = (the x of largest |x|) / -8, q = floor(x / d + 8.5)   at most 15
 *     q4_1: m = min x, d = (max x - m) / 15, q = floor((x - m) / d + 0.5)
 *
 * @param values - whole rows: for the types with blocks a multiple of 32. They are not modified.
 * @returns The bytes, little-endian; `widen` reads them.
 *
 * @example
 * narrow(Float32Array.of(1, -2.5), 'bf16'); // Uint8Array [128, 63, 32, 192]
 *
 * @see https://github.com/ggml-org/ggml
 */
export function narrow(values: Float32Array, dtype: StoredDtype): Uint8Array<ArrayBuffer> {
  return NARROW[dtype](values);
}

const NARROW: Record<StoredDtype, (values: Float32Array) => Uint8Array<ArrayBuffer>> = {
  f32: (values) => new Uint8Array(values.slice().buffer),
  bf16: (values) => new Uint8Array(toBfloat16(values).buffer),
  f16: (values) => new Uint8Array(toFloat16(values).buffer),
  q8_0: (values) => inBlocks(values, 'q8_0', writeQ8),
  q4_0: (values) => inBlocks(values, 'q4_0', writeQ4),
  q4_1: (values) => inBlocks(values, 'q4_1', writeQ4WithMinimum),
};

/** Writes the whole numbers of a block, and gives what stands before them: the scale, and the minimum where there is one. */
type WriteBlock = (view: DataView, at: number, values: Float32Array) => number[];

function inBlocks(
  values: Float32Array,
  dtype: StoredDtype,
  write: WriteBlock,
): Uint8Array<ArrayBuffer> {
  const { bytes } = STORED_DTYPES[dtype];
  const blocks = values.length / BLOCK;
  const stored = new Uint8Array(blocks * bytes);
  const view = new DataView(stored.buffer);
  const heads = Array.from({ length: blocks }, (_, block) =>
    write(view, block * bytes, values.subarray(block * BLOCK, (block + 1) * BLOCK)),
  );
  const halves = toFloat16(Float32Array.from(heads.flat()));
  const each = halves.length / blocks;
  for (const [i, half] of halves.entries())
    view.setUint16(Math.floor(i / each) * bytes + 2 * (i % each), half, true);
  return stored;
}

const writeQ8: WriteBlock = (view, at, values) => {
  const scale = Math.fround(values.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127);
  const inverse = inverseOf(scale);
  for (let i = 0; i < BLOCK; i++) {
    const q = Math.fround(values[i]! * inverse);
    view.setInt8(at + 2 + i, Math.sign(q) * Math.round(Math.abs(q)));
  }
  return [scale];
};

const writeQ4: WriteBlock = (view, at, values) => {
  const largest = values.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
  const scale = Math.fround(largest / -8);
  const inverse = inverseOf(scale);
  writeHalves(view, at + 2, (i) => Math.fround(Math.fround(values[i]! * inverse) + 8.5));
  return [scale];
};

const writeQ4WithMinimum: WriteBlock = (view, at, values) => {
  const least = values.reduce((low, x) => Math.min(low, x), Number.POSITIVE_INFINITY);
  const most = values.reduce((high, x) => Math.max(high, x), Number.NEGATIVE_INFINITY);
  const scale = Math.fround(Math.fround(most - least) / 15);
  const inverse = inverseOf(scale);
  writeHalves(view, at + 4, (i) => {
    const steps = Math.fround(Math.fround(values[i]! - least) * inverse);
    return Math.fround(steps + 0.5);
  });
  return [scale, least];
};

const inverseOf = (scale: number): number => (scale === 0 ? 0 : Math.fround(1 / scale));

/** Half bytes of a block: the two halves of it side by side. */
function writeHalves(view: DataView, at: number, quantised: (i: number) => number): void {
  const q = (i: number): number => Math.max(0, Math.min(15, Math.trunc(quantised(i))));
  for (let i = 0; i < BLOCK / 2; i++) view.setUint8(at + i, q(i) | (q(i + BLOCK / 2) << 4));
}
