// bf16 and f16 as they lie in checkpoint files. Arithmetic is always f32: a half is only a way to store.

/** Widens bfloat16: the upper 16 bits of an f32, so the conversion is exact. */
export function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** Narrows to bfloat16, rounding to nearest, ties to even, as PyTorch does. NaN stays NaN. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const isNaNWord = (word & 0x7fffffff) > 0x7f800000;
    const rounded = word + 0x7fff + ((word >>> 16) & 1); // half of the dropped unit; ties go to the even half
    halves[i] = isNaNWord ? (word >>> 16) | 0x40 : rounded >>> 16;
  }
  return halves;
}

/** Widens IEEE binary16. Exact, subnormals included. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) values[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) values[i] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else values[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return values;
}
