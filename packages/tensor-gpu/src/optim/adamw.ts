import type { Variable } from '@tensorflow/tfjs-core';
import { assertRange, knownOptions } from '../base/knownOptions.ts';
import { adamwRule, checkAdamwNumbers } from './adamwRule.ts';
import { createOptimizer } from './createOptimizer.ts';
import { type Decays, decayGroups } from './decayGroups.ts';
import type { Optimizer } from './optimizer.ts';

export interface AdamwOptions {
  /** Step size; a step may override it (schedules). No default: a wrong guess would train silently. */
  learningRate: number;
  /** Decay of the two running means. Default `[0.9, 0.999]`. */
  betas?: readonly [number, number] | undefined;
  /** Added to the root of the second moment. Default 1e-8. */
  eps?: number | undefined;
  /** Decoupled decay. Default 0.01, torch's. */
  weightDecay?: number | undefined;
  /** Which parameters decay, e.g. matrices only: `(_, { rank }) => rank > 1`. Default: all, norms and biases too, as torch. */
  decays?: Decays | undefined;
}

/**
 * AdamW, as torch computes it.
 *
 *     g  = g * min(1, maxGradNorm / (|g| + 1e-6))       |g|: over all parameters together
 *     w *= 1 - lr * weightDecay                         where `decays` says so
 *     m += (1 - beta1) (g - m)      v = beta2 v + (1 - beta2) g^2
 *     w -= lr / (1 - beta1^t) * m / (sqrt(v / (1 - beta2^t)) + eps)
 *
 * On a device of ours all parameters are updated in place by one fused kernel; elsewhere by tfjs ops. A tensor that shares memory with a parameter (a clone) keeps its old values.
 *
 * @param parameters - By name; the names are those of `step`'s gradients and of the state.
 * @throws {TensorGpuError} `option` for a rate, beta, eps or decay out of range.
 *
 * @example
 * const w = variable(tensor1d([1, 2]));
 * const optimizer = adamw({ w }, { learningRate: 0.1, weightDecay: 0 });
 * const { gradNorm } = await optimizer.step({ w: tensor1d([3, 4]) }, { maxGradNorm: 1 });
 * gradNorm; // 5
 * w.dataSync(); // Float32Array [0.9, 1.9]
 *
 * @see Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization: https://arxiv.org/abs/1711.05101
 */
export function adamw(parameters: Record<string, Variable>, options: AdamwOptions): Optimizer {
  const names = ['learningRate', 'betas', 'eps', 'weightDecay', 'decays'];
  const given = knownOptions('adamw', options, names);
  const { learningRate, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01, decays } = given;
  assertRange('adamw: learningRate', learningRate, [0, Number.MAX_VALUE]);
  checkAdamwNumbers('adamw', { betas, eps, weightDecay });
  const groups = decayGroups(parameters, { weightDecay, decays }, (group, decay) =>
    adamwRule('adamw', group, { betas, eps, weightDecay: decay }),
  );
  return createOptimizer(parameters, { caller: 'adamw', learningRate, groups });
}
