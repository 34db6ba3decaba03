import type { Tensor } from '@tensorflow/tfjs-core';

export interface StepOptions {
  /** Learning rate of this step. Default: the optimizer's. */
  learningRate?: number | undefined;
  /** Largest global norm; above it all gradients are scaled down together. Default: no clipping. */
  maxGradNorm?: number | undefined;
}

/** A tensor of an optimizer's state: numbers, or the codes of quantised ones. */
export type StateTensor = Float32Array | Uint8Array;

export interface OptimizerState {
  /** Steps done. */
  step: number;
  /** `NAME/exp_avg`, `NAME/exp_avg_sq`, `NAME/momentum_buffer`, torch's names; those of 8 bits with `NAME/…/absmax`. Copies. */
  tensors: Record<string, StateTensor>;
}

/** What a trainer asks of an optimizer, whichever it is. */
export interface Optimizer {
  /**
   * One update of every parameter. The gradients are read only, and not disposed.
   *
   * @returns The global norm of the gradients before clipping.
   * @throws {TensorGpuError} `not-finite` if a gradient holds NaN or infinity (parameter and element
   * are named), `shape` or `missing` if a gradient does not fit. Nothing is changed then.
   */
  step(gradients: Record<string, Tensor>, options?: StepOptions): Promise<{ gradNorm: number }>;
  /**
   * Copies of the moments and the step counter: all that a checkpoint needs beside the weights.
   *
   * @throws {TensorGpuError} `backend` on a device that is read asynchronously: use `readState`.
   */
  state(): OptimizerState;
  /** The same on any device. */
  readState(): Promise<OptimizerState>;
  /**
   * Puts a state back, for the same parameters.
   *
   * @throws {TensorGpuError} `missing` or `shape` if it belongs to other parameters; nothing is changed.
   */
  load(state: OptimizerState): void;
  /** Frees the moments. The parameters stay. */
  dispose(): void;
}
