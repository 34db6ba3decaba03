// bf16 and f16 as they lie in files. Arithmetic is always f32: a half is only a way to store.

/** Widens bfloat16: the upper 16 bits of an f32, so the conversion is exact. */
export function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** Narrows to bfloat16, rounding to nearest, ties to even, as PyTorch does. NaN stays NaN. */
export function toBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
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

/** Narrows to IEEE binary16, rounding to nearest, ties to even; beyond 65519 to infinity. */
export function toFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude >= 0x7f800000) {
      halves[i] = sign | 0x7c00 | (magnitude === 0x7f800000 ? 0 : 0x200);
    } else if (magnitude < 0x38800000) {
      halves[i] = sign | roundEven(Math.abs(values[i]!) * 2 ** 24); // below 2^-14 halves are multiples of 2^-24
    } else {
      const rounded = (magnitude + 0xfff + ((magnitude >>> 13) & 1)) >>> 13; // their last bit lies 13 places further left
      halves[i] = sign | Math.min(rounded - (112 << 10), 0x7c00);
    }
  }
  return halves;
}

/** To the nearest whole number, ties to even. Exact for what a half can be. */
function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
