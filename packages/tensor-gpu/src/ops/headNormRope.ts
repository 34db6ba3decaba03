import type { Tensor } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { assertRange, knownOptions } from '../base/knownOptions.ts';
import { defineFusedOp } from '../fused/defineFusedOp.ts';
import type { FusedOp } from '../fused/fusedOp.ts';
import { type RmsNormOptions, rmsNormReference } from './rmsNorm.ts';
import { ropeReference } from './rope.ts';

/** The same result from primitive ops: slow, differentiated by the tape; the kernels are checked against it. */
// biome-ignore lint/complexity/useMaxParams: operands of the op
export function headNormRopeReference(
  x: Tensor,
  weight: Tensor,
  cos: Tensor,
  sin: Tensor,
  positions: Tensor,
  options: RmsNormOptions,
): Tensor {
  return ropeReference(rmsNormReference(x, weight, options), cos, sin, positions);
}

export const headNormRopeOp: FusedOp<
  [
    x: Tensor,
    weight: Tensor,
    cos: Tensor,
    sin: Tensor,
    positions: Tensor,
    options: { eps: number },
  ],
  Tensor
> = defineFusedOp({
  name: 'headNormRope', // kernels/headNormRope.c, backend/cpu/kernels/headNormRope.ts
  inputs: ['x', 'weight', 'cos', 'sin', 'positions'],
  differentiable: ['x', 'weight'],
  saves: ['x', 'weight', 'cos', 'sin', 'positions'],
  reference: headNormRopeReference,
  tolerance: 1e-4, // sums over all rows, in another order
  example: (shape, random) => {
    const half = Math.ceil(shape.at(-1)! / 2);
    const time = shape.slice(0, -1).reduce((product, size) => product * size, 1);
    return [
      random.normal([2, time, 3, 2 * half]),
      random.normal([2 * half]),
      random.normal([7, half]),
      random.normal([7, half]),
      random.integers([2, time], 7),
      { eps: 1e-6 },
    ];
  },
});

/**
 * Qwen3's query and key preparation: RMS norm of each head, then rotary position embedding.
 *
 *     n = rmsNorm(x, weight)    y[i] = n[i] cos[p,i] - n[i + D/2] sin[p,i]
 *                               y[i + D/2] = n[i + D/2] cos[p,i] + n[i] sin[p,i]
 *
 * Gradients flow to `x` and `weight`; the tables get none.
 *
 * @param x - `[B, T, heads, D]`, D even.
 * @param weight - `[D]`, shared by the heads.
 * @param cos - `[P, D/2]`, row p for position p; `sin` likewise.
 * @param positions - int32 `[B, T]`, each in `[0, P)`.
 * @throws {TensorGpuError} `shape` if a shape does not fit, `dtype` if positions are not int32.
 *
 * @see Su et al. 2021, RoFormer: https://arxiv.org/abs/2104.09864
 */
// biome-ignore lint/complexity/useMaxParams: operands of the op
export function headNormRope(
  x: Tensor,
  weight: Tensor,
  cos: Tensor,
  sin: Tensor,
  positions: Tensor,
  options: RmsNormOptions,
): Tensor {
  const { eps } = knownOptions('headNormRope', options, ['eps']);
  assertRange('headNormRope: eps', eps, [0, Number.MAX_VALUE]);
  const [batch, time, , width] = x.shape;
  const fits =
    x.rank === 4 &&
    width! % 2 === 0 &&
    weight.shape.join() === `${width}` &&
    cos.rank === 2 &&
    cos.shape[1] === width! / 2 &&
    cos.shape.join() === sin.shape.join() &&
    positions.shape.join() === `${batch},${time}`;
  if (!fits) {
    throw new TensorGpuError(
      'shape',
      `headNormRope: x [B,T,heads,D], weight [D], cos and sin [P,D/2], positions [B,T] must fit, got [${x.shape}], [${weight.shape}], [${cos.shape}], [${sin.shape}], [${positions.shape}]. D must be even.`,
    );
  }
  if (positions.dtype !== 'int32') {
    throw new TensorGpuError(
      'dtype',
      `headNormRope: positions must be int32, got ${positions.dtype}. Cast them.`,
    );
  }
  return headNormRopeOp(x, weight, cos, sin, positions, { eps });
}
