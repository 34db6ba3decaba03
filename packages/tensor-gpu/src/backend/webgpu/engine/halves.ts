import type { StoredDtype } from '../../../weights/storedDtype.ts';

/** Frozen weights that hold numbers of 16 bits: themselves, or the scales of their blocks. */
const HOLD_HALVES: readonly StoredDtype[] = ['f16', 'q8_0', 'q4_0', 'q4_1'];

export const holdsHalves = (dtype: StoredDtype): boolean => HOLD_HALVES.includes(dtype);

/** WGSL: `fromHalf`, a float16 by its bits, by the GPU's own conversion. */
const OWN = `
fn fromHalf(h: u32) -> f32 { return f32(bitcast<vec2<f16>>(h).x); }`;

/** The same without numbers of 16 bits; subnormal ones too, which built-in functions may flush. */
const PLAIN = `
fn fromHalf(h: u32) -> f32 {
  let sign = (h & 0x8000u) << 16u;
  let exponent = (h >> 10u) & 31u;
  let rest = h & 1023u;
  if (exponent == 0u) { return bitcast<f32>(sign | bitcast<u32>(f32(rest) * 5.9604644775390625e-8)); }
  if (exponent == 31u) { return bitcast<f32>(sign | 0x7f800000u | (rest << 13u)); }
  return bitcast<f32>(sign | ((exponent + 112u) << 23u) | (rest << 13u));
}`;

/** @param shaderF16 - Whether the device has numbers of 16 bits. */
export const halfReads = (shaderF16: boolean): string => (shaderF16 ? OWN : PLAIN);
