import { matMul, reshape, type Tensor } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { defineFusedOp } from '../fused/defineFusedOp.ts';
import type { FusedOp } from '../fused/fusedOp.ts';
import type { Weight } from '../weights/mappedTensor.ts';
import { operand, type StoredOps, storedOps } from './storedOps.ts';

/** The same result from primitive ops: slow, differentiated by the tape; the kernels are checked against it. */
export function linearReference(x: Tensor, weight: Tensor): Tensor {
  const [outputs = 0, width = 0] = weight.shape;
  const rows = reshape(x, [-1, width]);
  return reshape(matMul(rows, weight, false, true), [...x.shape.slice(0, -1), outputs]);
}

export const linearOp: FusedOp<[x: Tensor, weight: Tensor], Tensor> = defineFusedOp({
  name: 'linear', // kernels/gemm.c, backend/cpu/kernels/linear.ts
  inputs: ['x', 'weight'],
  saves: ['x', 'weight'],
  reference: linearReference,
  tolerance: 2e-5,
  example: (shape, random) => [
    random.normal(shape),
    random.normal([5, shape.at(-1) ?? 1], (shape.at(-1) ?? 1) ** -0.5),
  ],
});

/** With a frozen weight. */
export const linearStored: StoredOps = storedOps(linearOp, ['weight']);

/**
 * A linear layer in the layout of Hugging Face and PyTorch, without bias.
 *
 *     y = x W^T        dx = dy W        dW = dy^T x (summed over all rows)
 *
 * Only the gradients that are asked for are computed: a frozen weight costs nothing in the backward pass.
 *
 * @param x - `[..., K]`.
 * @param weight - `[N, K]`, also of `mapTensor` or `storedTensor`: frozen, read as it lies.
 * @returns `[..., N]`.
 * @throws {TensorGpuError} `shape` if the widths differ, `disposed` for a frozen weight that was disposed.
 *
 * @example
 * linear(tensor2d([[1, 2]]), tensor2d([[3, 4], [5, 6], [7, 8]])); // [[11, 17, 23]]
 */
export function linear(x: Tensor, weight: Weight): Tensor {
  const width = x.shape.at(-1);
  if (weight.shape.length !== 2 || weight.shape[1] !== width) {
    throw new TensorGpuError(
      'shape',
      `linear: weight must be [outputs, ${width}], after the last axis of x [${x.shape}], got [${weight.shape}]. Weights are stored as in Hugging Face checkpoints, [outputs, inputs].`,
    );
  }
  return linearOp(x, operand(weight, linearStored));
}
