import { toBfloat16, toFloat16 } from '../checkpoint/floatFormats.ts';
import type { WrittenType } from './ggmlTypes.ts';

/**
 * Values as they lie in a GGUF file, the same bytes as gguf-py's `quantize`.
 *
 *     Q8_0, 32 values: d = max |x| / 127 as f16, then q = round(x / d), halves away from 0
 */
export function quantize(values: Float32Array, type: WrittenType): Uint8Array {
  if (type === 'Q8_0') return toQ8(values);
  const stored = {
    F32: () => values,
    F16: () => toFloat16(values),
    BF16: () => toBfloat16(values),
  }[type]();
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

function toQ8(values: Float32Array): Uint8Array {
  const blocks = values.length / 32;
  const bytes = new Uint8Array(34 * blocks);
  const scales = new Float32Array(blocks);
  for (let block = 0; block < blocks; block++) {
    let largest = 0;
    for (let i = 0; i < 32; i++) largest = Math.max(largest, Math.abs(values[32 * block + i]!));
    const d = Math.fround(largest / 127);
    const inverse = d === 0 ? 0 : Math.fround(1 / d);
    scales[block] = d;
    for (let i = 0; i < 32; i++) {
      const x = Math.fround(values[32 * block + i]! * inverse);
      bytes[34 * block + 2 + i] = Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
    }
  }
  const halves = toFloat16(scales);
  const view = new DataView(bytes.buffer);
  for (const [block, half] of halves.entries()) view.setUint16(34 * block, half, true);
  return bytes;
}
