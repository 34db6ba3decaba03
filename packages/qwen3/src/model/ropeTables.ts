import { Qwen3Error } from '../base/errors.ts';
import { checkInteger, checkOptionNames } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { checkRopeScaling } from './checkRopeScaling.ts';
import { type RopeScaling, rotaryFrequencies } from './ropeScaling.ts';

/** What the tables depend on. */
export interface RopeTablesOptions {
  headDim: number;
  /** Wavelength of the slowest pair over 2 pi. */
  theta: number;
  /** Rows. */
  positions: number;
  /** For contexts longer than in training. Default: none. */
  scaling?: RopeScaling | undefined;
}

/**
 * Rotary tables, with the roundings of transformers: every step is f32, the angle included. At position
 * 40959 this is 2e-3 away from exact, and the weights were trained with exactly that.
 *
 *     inv_freq[i] = 1 / theta^(2i / D)      cos[p, i] = cos(p * inv_freq[i])      i < D / 2
 *
 * `scaling` changes `inv_freq`, and with YaRN multiplies cos and sin; it holds at every length.
 *
 * @returns `cos` and `sin`, `[positions, headDim / 2]`, row-major.
 * @throws {Qwen3Error} `option` for sizes that cannot be.
 * @see Su et al. 2021, RoFormer: https://arxiv.org/abs/2104.09864
 */
export function ropeTables(options: RopeTablesOptions): { cos: Float32Array; sin: Float32Array } {
  checkOptionNames('ropeTables', options, ['headDim', 'theta', 'positions', 'scaling']);
  const { headDim, theta, positions, scaling } = options;
  const fail = (what: string): never => {
    throw new Qwen3Error('option', `ropeTables: ${what}`);
  };
  checkInteger('ropeTables: positions', positions, [0, 2 ** 24]);
  checkInteger('ropeTables: headDim', headDim, [2, 2 ** 16]);
  if (headDim % 2 !== 0 || !(Number.isFinite(theta) && theta > 0)) {
    fail(
      `headDim must be even and theta a number above 0, got ${headDim} and ${showValue(theta)}.`,
    );
  }
  if (scaling !== undefined) checkRopeScaling(scaling, { name: 'scaling', fail });
  const half = headDim / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  const { frequencies, attentionFactor } = rotaryFrequencies({ headDim, theta }, scaling);
  const by = Math.fround(attentionFactor);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]!);
      cos[position * half + i] = Math.fround(Math.cos(angle)) * by;
      sin[position * half + i] = Math.fround(Math.sin(angle)) * by;
    }
  }
  return { cos, sin };
}
