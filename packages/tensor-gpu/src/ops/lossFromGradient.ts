import {
  customGrad,
  engine,
  type GradSaveFunc,
  mul,
  type Scalar,
  scalar,
  type Tensor,
  tensor,
} from '@tensorflow/tfjs-core';
import { currentBackend } from '../backend/backend.ts';
import { TensorGpuError } from '../base/errors.ts';

/** A loss in plain numbers with its derivative. */
export interface LossAndGradient {
  loss: number;
  /** dLoss/dx, row-major, as long as x. */
  gradient: ArrayLike<number>;
}

/**
 * Puts a loss that was computed outside of tfjs on the tape: `@molrl/grpo`, `@molrl/mol-loss`, or
 * your own function on typed arrays.
 *
 * Reads `x` synchronously, so it needs a CPU back end. On WebGPU use `record`, await `x.data()`, and
 * give the gradient to `tape.backward([[x, gradient]], parameters)`.
 *
 * @param x - Any shape, float32; its values go to `lossFn` row-major.
 * @returns The loss, a scalar whose gradient with respect to `x` is the given one.
 * @throws {TensorGpuError} `backend` where tensors can only be read asynchronously, `shape` if the
 * gradient has another length than `x`, `not-finite` if the loss or the gradient is NaN or infinite.
 *
 * @example
 * const w = tensor1d([1, 2]);
 * const { value: loss, tape } = record(() =>
 *   lossFromGradient(mul(w, 3), ([a, b]) => ({ loss: a * b, gradient: [b, a] })),
 * );
 * loss.dataSync(); // Float32Array [18]
 * tape.backward([[loss, scalar(1)]], { w }).w.dataSync(); // Float32Array [18, 9]
 */
export function lossFromGradient(
  x: Tensor,
  lossFn: (values: Float32Array) => LossAndGradient,
): Scalar {
  const { backendName } = engine();
  if (backendName === 'webgpu' || currentBackend()?.isAsynchronous) {
    throw new TensorGpuError(
      'backend',
      `lossFromGradient: back end '${backendName}' cannot be read synchronously. Use record(), await x.data(), then tape.backward([[x, gradient]], parameters).`,
    );
  }
  return customGrad((value, save) => {
    // tfjs types the arguments as Tensor | GradSaveFunc: the last one is the function
    const input = value as Tensor;
    const { loss, gradient } = lossFn(input.dataSync<'float32'>());
    checkLoss(loss, gradient, input.size);
    (save as GradSaveFunc)([tensor(Float32Array.from(gradient), input.shape)]);
    return { value: scalar(loss), gradFunc: (dy: Tensor, [saved]: Tensor[]) => mul(dy, saved!) };
  })(x) as Scalar; // customGrad returns the value it was given
}

function checkLoss(loss: number, gradient: ArrayLike<number>, size: number): void {
  if (gradient.length !== size) {
    throw new TensorGpuError(
      'shape',
      `lossFromGradient: gradient.length must be the size of x (${size}), got ${gradient.length}. Return one derivative per value, 0 for masked ones.`,
    );
  }
  if (!Number.isFinite(loss)) {
    throw new TensorGpuError(
      'not-finite',
      `lossFromGradient: the loss must be finite, got ${loss}. Look at the values where it is computed.`,
    );
  }
  for (let i = 0; i < size; i++) {
    if (Number.isFinite(gradient[i])) continue;
    throw new TensorGpuError(
      'not-finite',
      `lossFromGradient: the gradient must be finite, got ${gradient[i]} at position ${i} of ${size}. Look at that token where the loss is computed.`,
    );
  }
}
