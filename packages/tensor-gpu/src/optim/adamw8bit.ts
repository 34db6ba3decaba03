import type { Variable } from '@tensorflow/tfjs-core';
import { assertInteger, assertRange, knownOptions } from '../base/knownOptions.ts';
import type { AdamwOptions } from './adamw.ts';
import { adamw8bitRule } from './adamw8bitRule.ts';
import { adamwRule, checkAdamwNumbers } from './adamwRule.ts';
import { createOptimizer } from './createOptimizer.ts';
import { decayGroups } from './decayGroups.ts';
import type { Optimizer } from './optimizer.ts';

export interface Adamw8bitOptions extends AdamwOptions {
  /** Parameters with fewer elements keep moments of 32 bits: they cost little and lose most. Default 4096, bitsandbytes'. */
  min8bitSize?: number | undefined;
}

/**
 * AdamW whose moments are bytes: 2.03 bytes a weight instead of 8.
 *
 *     moment = map[code] * absmax of its block of 256          map: 256 numbers over seven decades
 *
 * A block is turned into numbers, updated as `adamw` does, and rounded to the nearest codes again. Of a state, codes are
 * `Uint8Array`s and scales stand beside them under `/absmax`.
 *
 * @param parameters - By name; the names are those of `step`'s gradients and of the state.
 * @throws {TensorGpuError} `option` for a rate, beta, eps, decay or size out of range.
 *
 * @example
 * const w = variable(zeros([64, 64]));
 * const optimizer = adamw8bit({ w }, { learningRate: 0.1 });
 * await optimizer.step({ w: ones([64, 64]) });
 * optimizer.state().tensors['w/exp_avg'].byteLength; // 4096
 *
 * @see Dettmers et al. 2022, 8-bit Optimizers via Block-wise Quantization: https://arxiv.org/abs/2110.02861
 */
export function adamw8bit(
  parameters: Record<string, Variable>,
  options: Adamw8bitOptions,
): Optimizer {
  const caller = 'adamw8bit';
  const names = ['learningRate', 'betas', 'eps', 'weightDecay', 'decays', 'min8bitSize'];
  const given = knownOptions(caller, options, names);
  const { learningRate, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01, decays } = given;
  const { min8bitSize = 4096 } = given;
  assertRange(`${caller}: learningRate`, learningRate, [0, Number.MAX_VALUE]);
  checkAdamwNumbers(caller, { betas, eps, weightDecay });
  assertInteger(`${caller}: min8bitSize`, min8bitSize, [0]);
  const entries = Object.entries(parameters);
  const groups = [adamw8bitRule, adamwRule].flatMap((rule) => {
    const own = entries.filter(([, { size }]) => size >= min8bitSize === (rule === adamw8bitRule));
    if (own.length === 0) return [];
    return decayGroups(Object.fromEntries(own), { weightDecay, decays }, (group, decay) =>
      rule(caller, group, { betas, eps, weightDecay: decay }),
    );
  });
  return createOptimizer(parameters, { caller, learningRate, groups });
}
