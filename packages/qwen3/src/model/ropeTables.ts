import { Qwen3Error } from '../base/errors.ts';
import { checkInteger, checkOptionNames } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';

/**
 * Rotary tables, with the roundings of transformers: every step is f32, the angle included. At position
 * 40959 this is 2e-3 away from exact, and the weights were trained with exactly that.
 *
 *     inv_freq[i] = 1 / theta^(2i / D)      cos[p, i] = cos(p * inv_freq[i])      i < D / 2
 *
 * @returns `cos` and `sin`, `[positions, headDim / 2]`, row-major.
 * @throws {Qwen3Error} `option` for sizes that cannot be.
 * @see Su et al. 2021, RoFormer: https://arxiv.org/abs/2104.09864
 */
export function ropeTables(options: { headDim: number; theta: number; positions: number }): {
  cos: Float32Array;
  sin: Float32Array;
} {
  checkOptionNames('ropeTables', options, ['headDim', 'theta', 'positions']);
  const { headDim, theta, positions } = options;
  checkInteger('ropeTables', 'positions', positions, 0, 2 ** 24);
  checkInteger('ropeTables', 'headDim', headDim, 2, 2 ** 16);
  if (headDim % 2 !== 0 || !(Number.isFinite(theta) && theta > 0)) {
    throw new Qwen3Error(
      'option',
      `ropeTables: headDim must be even and theta a number above 0, got ${headDim} and ${showValue(theta)}.`,
    );
  }
  const half = headDim / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  const frequencies = inverseFrequencies(headDim, theta);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]!);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/** `[headDim / 2]`, radians per position. */
export function inverseFrequencies(headDim: number, theta: number): Float32Array {
  return Float32Array.from({ length: headDim / 2 }, (_, i) => {
    const exponent = Math.fround((2 * i) / headDim);
    return 1 / Math.fround(theta ** exponent);
  });
}
