import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { currentBackend } from '../backend/backend.ts';
import { markWritten } from '../backend/weightVersion.ts';
import { TensorGpuError } from '../base/errors.ts';
import { assertInteger, assertRange, knownOptions } from '../base/knownOptions.ts';
import { adamwReference } from './adamwReference.ts';
import { clipFactor, globalNorm } from './globalNorm.ts';

export interface AdamwOptions {
  /** Step size; a step may override it (schedules). No default: a wrong guess would train silently. */
  learningRate: number;
  /** Decay of the two running means. Default `[0.9, 0.999]`. */
  betas?: readonly [number, number] | undefined;
  /** Added to the root of the second moment. Default 1e-8. */
  eps?: number | undefined;
  /** Decoupled decay, on every tensor (norms and embeddings too). Default 0.01, torch's. */
  weightDecay?: number | undefined;
}

export interface StepOptions {
  /** Learning rate of this step. Default: the optimizer's. */
  learningRate?: number | undefined;
  /** Largest global norm; above it all gradients are scaled down together. Default: no clipping. */
  maxGradNorm?: number | undefined;
}

export interface OptimizerState {
  /** Steps done. */
  step: number;
  /** `NAME/exp_avg` and `NAME/exp_avg_sq` of every parameter, torch's names; copies. */
  tensors: Record<string, Float32Array>;
}

export interface Optimizer {
  /**
   * One update of every parameter. The gradients are read only, and not disposed.
   *
   * @returns The global norm of the gradients before clipping.
   * @throws {TensorGpuError} `not-finite` if a gradient holds NaN or infinity (parameter and element
   * are named), `shape` or `missing` if a gradient does not fit. Nothing is changed then.
   */
  step(gradients: Record<string, Tensor>, options?: StepOptions): Promise<{ gradNorm: number }>;
  /** Copies of the moments and the step counter: all that a checkpoint needs beside the weights. */
  state(): OptimizerState;
  /**
   * Puts a state back, for the same parameters.
   *
   * @throws {TensorGpuError} `missing` or `shape` if it belongs to other parameters; nothing is changed.
   */
  load(state: OptimizerState): void;
  /** Frees the moments. The parameters stay. */
  dispose(): void;
}

/**
 * AdamW with one parameter group, as torch computes it.
 *
 *     g  = g * min(1, maxGradNorm / (|g| + 1e-6))       |g|: over all parameters together
 *     w *= 1 - lr * weightDecay
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
  const names = ['learningRate', 'betas', 'eps', 'weightDecay'];
  const given = knownOptions('adamw', options, names);
  const { learningRate, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01 } = given;
  const [beta1, beta2] = betas;
  assertRange('adamw: learningRate', learningRate, [0, Number.MAX_VALUE]);
  assertRange('adamw: betas[0]', beta1, [0, 1 - 2 ** -53]);
  assertRange('adamw: betas[1]', beta2, [0, 1 - 2 ** -53]);
  assertRange('adamw: eps', eps, [0, Number.MAX_VALUE]);
  assertRange('adamw: weightDecay', weightDecay, [0, Number.MAX_VALUE]);

  const parameterNames = Object.keys(parameters);
  const variables = Object.values(parameters);
  const moments = currentBackend()?.moments(variables) ?? adamwReference(variables);
  let steps = 0;

  return {
    async step(gradients, stepOptions = {}) {
      const { learningRate: rate = learningRate, maxGradNorm } = knownOptions(
        'adamw.step',
        stepOptions,
        ['learningRate', 'maxGradNorm?'],
      );
      assertRange('adamw: learningRate', rate, [0, Number.MAX_VALUE]);
      if (maxGradNorm !== undefined)
        assertRange('adamw: maxGradNorm', maxGradNorm, [0, Number.MAX_VALUE]);
      const ordered = orderGradients(parameters, gradients);
      const list = Object.values(ordered);
      const t = steps + 1;
      const gradNorm = await globalNorm(ordered, await moments.squaredNorms(list), t);
      moments.update(list, {
        clip: clipFactor(gradNorm, maxGradNorm),
        keep: 1 - rate * weightDecay,
        beta1,
        beta2,
        stepSize: rate / (1 - beta1 ** t),
        inverseRootBias2: 1 / Math.sqrt(1 - beta2 ** t),
        eps,
      });
      markWritten(variables);
      steps = t;
      return { gradNorm };
    },
    state() {
      const tensors: Record<string, Float32Array> = {};
      for (const [index, name] of parameterNames.entries()) {
        const { mean, square } = moments.read(index);
        tensors[`${name}/exp_avg`] = mean;
        tensors[`${name}/exp_avg_sq`] = square;
      }
      return { step: steps, tensors };
    },
    load({ step, tensors }) {
      const loaded = parameterNames.map((name, index) => ({
        mean: stateTensor(tensors, `${name}/exp_avg`, variables[index]!.size),
        square: stateTensor(tensors, `${name}/exp_avg_sq`, variables[index]!.size),
      }));
      assertInteger('adamw: state.step', step, [0]);
      for (const [index, entry] of loaded.entries()) moments.write(index, entry);
      steps = step;
    },
    dispose() {
      moments.dispose();
    },
  };
}

function orderGradients(
  parameters: Record<string, Variable>,
  gradients: Record<string, Tensor>,
): Record<string, Tensor> {
  for (const name of Object.keys(gradients)) {
    if (name in parameters) continue;
    throw new TensorGpuError('missing', `adamw: there is no parameter ${name} for its gradient.`);
  }
  const ordered: Record<string, Tensor> = {};
  for (const [name, { shape }] of Object.entries(parameters)) {
    const gradient = gradients[name];
    if (gradient === undefined) {
      throw new TensorGpuError(
        'missing',
        `adamw: parameter ${name} has no gradient. Give zeros, or leave it out of the optimizer.`,
      );
    }
    if (gradient.dtype !== 'float32' || String(gradient.shape) !== String(shape)) {
      throw new TensorGpuError(
        'shape',
        `adamw: gradient of ${name} must be float32 [${shape}], got ${gradient.dtype} [${gradient.shape}].`,
      );
    }
    ordered[name] = gradient;
  }
  return ordered;
}

function stateTensor(
  tensors: Record<string, Float32Array>,
  key: string,
  size: number,
): Float32Array {
  const values = tensors[key];
  if (values === undefined) {
    throw new TensorGpuError(
      'missing',
      `adamw: the state has no ${key}. It is of other parameters.`,
    );
  }
  if (values.length !== size) {
    throw new TensorGpuError(
      'shape',
      `adamw: ${key} must hold ${size} values, got ${values.length}. The state is of other parameters.`,
    );
  }
  return values;
}
