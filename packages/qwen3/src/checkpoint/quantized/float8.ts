/** Every number of F8_E4M3 (4 bits of exponent with bias 7, 3 of fraction, no infinities), by its byte. */
let table: Float32Array | undefined;

function float8Table(): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => {
    const exponent = (byte >> 3) & 15;
    const fraction = byte & 7;
    const sign = byte < 128 ? 1 : -1;
    if (exponent === 15 && fraction === 7) return Number.NaN;
    return sign * (exponent === 0 ? fraction / 512 : (1 + fraction / 8) * 2 ** (exponent - 7));
  });
}

/**
 * Bytes of F8_E4M3 as f32, exact.
 *
 * @see Micikevicius et al. 2022, FP8 Formats for Deep Learning: https://arxiv.org/abs/2209.05433
 */
export function fromFloat8(bytes: Uint8Array): Float32Array {
  table ??= float8Table();
  const values = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) values[i] = table[bytes[i]!]!;
  return values;
}
