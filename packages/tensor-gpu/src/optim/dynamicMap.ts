/** Numbers of a code of 8 bits. */
const CODES = 256;
const DECADES = 7;

/**
 * The 256 numbers that a byte of a quantised state can stand for, ascending, from -0.993 (or 0) to 1: a decade of size has
 * twice as many as the next smaller one, down to 1e-7, so that small moments keep their order of magnitude.
 *
 * @see Dettmers 2016, 8-Bit Approximations for Parallelism in Deep Learning: https://arxiv.org/abs/1511.04561
 * @see bitsandbytes.functional.create_dynamic_map, whose numbers these are
 */
export function dynamicMap(kind: 'signed' | 'unsigned'): Float32Array {
  const numbers = [0, 1];
  for (let decade = 0; decade < DECADES; decade++) {
    const count = 2 ** (kind === 'signed' ? decade : decade + 1);
    const unit = 10 ** (decade - DECADES + 1);
    for (let i = 0; i < count; i++) {
      const middle = unit * (0.1 + (0.9 * (i + 0.5)) / count);
      numbers.push(...(kind === 'signed' ? [middle, -middle] : [middle]));
    }
  }
  return Float32Array.from(numbers).sort();
}

/** A map with what it takes to find the nearest of its numbers at once. */
export interface Quantiser {
  numbers: Float32Array;
  /** `middles[k]` lies between the numbers k and k + 1: what is above it is nearer to k + 1. */
  middles: Float32Array;
  /** By the upper 16 bits of a float32: the code nearest to the smallest number with these. */
  first: Uint8Array;
}

export function quantiserOf(numbers: Float32Array): Quantiser {
  const middles = new Float32Array(CODES).fill(Number.POSITIVE_INFINITY);
  for (let k = 0; k + 1 < CODES; k++) middles[k] = (numbers[k]! + numbers[k + 1]!) / 2;
  const first = new Uint8Array(2 ** 16);
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  for (let upper = 0; upper < first.length; upper++) {
    bits[0] = upper < 2 ** 15 ? upper * 2 ** 16 : upper * 2 ** 16 + 0xffff; // of negatives the largest bits
    first[upper] = middles.findIndex((middle) => !(value[0]! > middle)); // NaN: 0, and none comes
  }
  return { numbers, middles, first };
}
