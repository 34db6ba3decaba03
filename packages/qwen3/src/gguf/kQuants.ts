// The K types: 256 values a block, eight or sixteen groups with 6- or 8-bit scales of their own.

type Half = (bytes: Uint8Array, at: number) => number;

/** Scale and minimum of group `g` of 8, six bits each, in the twelve bytes from `at`. */
function groupScale(bytes: Uint8Array, at: number, g: number): [scale: number, minimum: number] {
  if (g < 4) return [bytes[at + g]! & 63, bytes[at + 4 + g]! & 63];
  const low = bytes[at + 4 + g]!;
  const scale = (low & 15) | ((bytes[at + g - 4]! >> 2) & 48);
  return [scale, (low >> 4) | ((bytes[at + g]! >> 2) & 48)];
}

/** d, dmin, 12 bytes of scales, 128 bytes of which each 32 hold two groups (low and high halves). */
export function fromQ4K(bytes: Uint8Array, out: Float32Array, half: Half): Float32Array {
  for (let block = 0, at = 0; block < out.length; block += 256, at += 144) {
    const d = half(bytes, at);
    const dmin = half(bytes, at + 2);
    for (let g = 0; g < 8; g++) {
      const [scale, minimum] = groupScale(bytes, at + 4, g);
      const ds = Math.fround(d * scale);
      const dm = Math.fround(dmin * minimum);
      const from = at + 16 + 32 * (g >> 1);
      const shift = 4 * (g & 1);
      for (let i = 0; i < 32; i++) {
        const q = (bytes[from + i]! >> shift) & 15;
        out[block + 32 * g + i] = Math.fround(ds * q) - dm;
      }
    }
  }
  return out;
}

/** As Q4_K, with 32 bytes before the halves: bit g of byte i is the fifth bit of value i of group g. */
export function fromQ5K(bytes: Uint8Array, out: Float32Array, half: Half): Float32Array {
  for (let block = 0, at = 0; block < out.length; block += 256, at += 176) {
    const d = half(bytes, at);
    const dmin = half(bytes, at + 2);
    for (let g = 0; g < 8; g++) {
      const [scale, minimum] = groupScale(bytes, at + 4, g);
      const ds = Math.fround(d * scale);
      const dm = Math.fround(dmin * minimum);
      const from = at + 48 + 32 * (g >> 1);
      const shift = 4 * (g & 1);
      for (let i = 0; i < 32; i++) {
        const high = ((bytes[at + 16 + i]! >> g) & 1) << 4;
        const q = ((bytes[from + i]! >> shift) & 15) | high;
        out[block + 32 * g + i] = Math.fround(ds * q) - dm;
      }
    }
  }
  return out;
}

/** 128 bytes of low halves, 64 of high pairs, 16 signed scales, d. */
export function fromQ6K(bytes: Uint8Array, out: Float32Array, half: Half): Float32Array {
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let block = 0, at = 0; block < out.length; block += 256, at += 210) {
    const d = half(bytes, at + 208);
    for (let i = 0; i < 256; i++) {
      const part = i >> 7; // each half of the block: 64 low bytes, 32 high bytes
      const row = (i >> 5) & 3;
      const low = (bytes[at + 64 * part + (i & 63)]! >> (4 * (row >> 1))) & 15;
      const high = (bytes[at + 128 + 32 * part + (i & 31)]! >> (2 * row)) & 3;
      const ds = Math.fround(d * signed[at + 192 + (i >> 4)]!);
      out[block + i] = ds * ((low | (high << 4)) - 32);
    }
  }
  return out;
}
