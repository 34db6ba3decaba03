import {
  add,
  cast,
  concat,
  greaterEqual,
  less,
  logicalAnd,
  matMul,
  mul,
  range,
  reshape,
  slice,
  type Tensor,
  tensor1d,
} from '@tensorflow/tfjs-core';
import { weightTensor } from '../backend/weightTensor.ts';
import { TensorGpuError } from '../base/errors.ts';
import { defineFusedOp } from '../fused/defineFusedOp.ts';
import type { FusedOp } from '../fused/fusedOp.ts';
import type { Weight } from '../weights/mappedTensor.ts';

/** The same result from primitive ops: slow, differentiated by the tape; the kernels are checked against it. */
export function expertLinearReference(x: Tensor, weight: Tensor, offsets: Tensor): Tensor {
  const experts = offsets.size - 1;
  const [rows = 0, width = 0] = x.shape;
  const outputs = weight.shape[0]! / experts;
  const row = range(0, rows, 1, 'int32');
  const parts = Array.from({ length: experts }, (_, e) => {
    const [begin, end] = [slice(offsets, [e], [1]), slice(offsets, [e + 1], [1])];
    const isIts = cast(logicalAnd(greaterEqual(row, begin), less(row, end)), 'float32');
    const matrix = slice(weight, [e * outputs, 0], [outputs, width]);
    return mul(matMul(x, matrix, false, true), reshape(isIts, [rows, 1])) as Tensor;
  });
  return parts.reduce((sum, part) => add(sum, part));
}

export const expertLinearOp: FusedOp<[x: Tensor, weight: Tensor, offsets: Tensor], Tensor> =
  defineFusedOp({
    name: 'expertLinear', // backend/cpu/kernels/expertLinear.ts
    inputs: ['x', 'weight', 'offsets'],
    differentiable: ['x', 'weight'],
    saves: ['x', 'weight', 'offsets'],
    reference: expertLinearReference,
    tolerance: 2e-5,
    example: (shape, random) => {
      const width = shape.at(-1) ?? 1;
      const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
      const third = Math.floor(rows / 3);
      return [
        random.normal([rows, width]),
        random.normal([4 * 5, width], width ** -0.5),
        tensor1d([0, third, third, Math.ceil(rows / 2), rows], 'int32'), // the second has no rows
      ];
    },
  });

/**
 * A linear layer whose matrix depends on the row: the experts of a mixture, each on the rows that were sent to it. The
 * rows lie in the order of their experts; how many each has is known to the device only.
 *
 *     y[m] = W_e x[m]   for offsets[e] <= m < offsets[e + 1]
 *
 * @param x - `[M, K]`.
 * @param weights - `[N, K]` each; frozen ones get no gradient.
 * @param offsets - int32 `[experts + 1]`, from 0 to M, as `routeExperts` gives them.
 * @returns `[M, N]`.
 * @throws {TensorGpuError} `shape` if shapes do not fit, `dtype` if `offsets` are not int32.
 *
 * @example
 * const experts = [tensor2d([[1, 1]]), tensor2d([[10, 0]])];
 * expertLinear(tensor2d([[1, 2], [3, 4], [5, 6]]), experts, tensor1d([0, 2, 3], 'int32')); // [[3], [7], [50]]
 */
export function expertLinear(x: Tensor, weights: readonly Weight[], offsets: Tensor): Tensor {
  const [outputs, width] = weights[0]?.shape ?? [];
  const fits =
    x.rank === 2 &&
    x.shape[1] === width &&
    weights.every(({ shape }) => shape.join() === `${outputs},${width}`) &&
    offsets.shape.join() === `${weights.length + 1}`;
  if (!fits)
    throw new TensorGpuError(
      'shape',
      `expertLinear: x [M,K], weights [N,K] of one shape and offsets [${weights.length + 1}] must fit, got [${x.shape}], ${weights.map(({ shape }) => `[${shape}]`).join(' ') || 'none'} and [${offsets.shape}].`,
    );
  if (offsets.dtype !== 'int32')
    throw new TensorGpuError(
      'dtype',
      `expertLinear: offsets must be int32, got ${offsets.dtype}. Cast them.`,
    );
  return expertLinearOp(x, concat(weights.map(weightTensor)), offsets);
}
