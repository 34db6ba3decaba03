import { assertInteger } from '../base/knownOptions.ts';

const MASK = (1n << 64n) - 1n;
const GOLDEN = 0x9e3779b97f4a7c15n;

function mix64(z: bigint): bigint {
  const a = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  const b = ((a ^ (a >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return b ^ (b >> 31n);
}

/**
 * The random number of one sampled token: a function of the sample's seed and the token's index in
 * the completion only, so a completion does not depend on the batch around it.
 *
 *     state = mix(seed + GOLDEN)     bits = mix(state + (step + 1) * GOLDEN)     u = (bits >> 11) * 2^-53
 *
 * that is, output number `step` of a splitmix64 stream whose state is the mixed seed. `sampleTokens.c`
 * computes the same 64 bits.
 *
 * @param seed - Integer from 0 to 2^53 - 1.
 * @param step - Index of the token in the completion, from 0.
 * @throws {TensorGpuError} `option` for other numbers.
 * @returns Uniform in [0, 1).
 *
 * @example
 * seededUniform(42, 0); // 0.34329192209867343
 *
 * @see Steele, Lea & Flood 2014, Fast Splittable Pseudorandom Number Generators
 */
export function seededUniform(seed: number, step: number): number {
  assertInteger('seededUniform: seed', seed, [0]);
  assertInteger('seededUniform: step', step, [0]);
  const state = mix64((BigInt(seed) + GOLDEN) & MASK);
  const bits = mix64((state + BigInt(step + 1) * GOLDEN) & MASK);
  return Number(bits >> 11n) / 2 ** 53;
}
