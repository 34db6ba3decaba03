import { mul, sigmoid, type Tensor } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { defineFusedOp } from '../fused/defineFusedOp.ts';
import type { FusedOp } from '../fused/fusedOp.ts';

/** The same result from primitive ops: slow, differentiated by the tape; the kernels are checked against it. */
export function swigluReference(gate: Tensor, up: Tensor): Tensor {
  return mul(mul(gate, sigmoid(gate)), up);
}

export const swigluOp: FusedOp<[gate: Tensor, up: Tensor], Tensor> = defineFusedOp({
  name: 'swiglu', // kernels/swiglu.c, backend/cpu/kernels/swiglu.ts
  inputs: ['gate', 'up'],
  saves: ['gate', 'up'],
  reference: swigluReference,
  tolerance: 1e-5,
  example: (shape, random) => [random.normal(shape), random.normal(shape)],
});

/**
 * Gate of a Qwen3 MLP, one kernel per direction.
 *
 *     s = sigmoid(gate)    y = gate * s * up    dgate = dy * up * s * (1 + gate * (1 - s))    dup = dy * gate * s
 *
 * @param up - `[..., I]`, the shape of `gate`: nothing is broadcast.
 * @throws {TensorGpuError} `shape` if the shapes differ.
 *
 * @example
 * swiglu(tensor1d([0, 1]), tensor1d([5, 2])); // [0, 1.4621]
 *
 * @see Shazeer 2020, GLU Variants Improve Transformer: https://arxiv.org/abs/2002.05202
 */
export function swiglu(gate: Tensor, up: Tensor): Tensor {
  if (gate.shape.join() !== up.shape.join()) {
    throw new TensorGpuError(
      'shape',
      `swiglu: up must have the shape of gate [${gate.shape}], got [${up.shape}]. Nothing is broadcast.`,
    );
  }
  return swigluOp(gate, up);
}
