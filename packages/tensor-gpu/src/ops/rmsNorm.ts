import { add, mean, mul, rsqrt, square, type Tensor } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { assertRange, knownOptions } from '../base/knownOptions.ts';
import { defineFusedOp } from '../fused/defineFusedOp.ts';
import type { FusedOp } from '../fused/fusedOp.ts';

export interface RmsNormOptions {
  /** Added to the mean square; Qwen3's `rms_norm_eps` is 1e-6. No default: it belongs to the weights. */
  eps: number;
}

/** The same result from primitive ops: slow, differentiated by the tape; the kernels are checked against it. */
export function rmsNormReference(x: Tensor, weight: Tensor, { eps }: RmsNormOptions): Tensor {
  return mul(mul(x, rsqrt(add(mean(square(x), -1, true), eps))), weight);
}

export const rmsNormOp: FusedOp<[x: Tensor, weight: Tensor, options: { eps: number }], Tensor> =
  defineFusedOp({
    name: 'rmsNorm', // kernels/rmsNorm.c, backend/cpu/kernels/rmsNorm.ts
    inputs: ['x', 'weight'],
    saves: ['x', 'weight'],
    reference: rmsNormReference,
    tolerance: 1e-4, // sums over all rows, in another order
    example: (shape, random) => [
      random.normal(shape),
      random.normal(shape.slice(-1)),
      { eps: 1e-6 },
    ],
  });

/**
 * Root-mean-square norm over the last axis.
 *
 *     r = 1 / sqrt(mean(x^2) + eps)    y = x * r * weight
 *     dx = r * (g - x * r^2 * mean(g * x)),  g = dy * weight        dweight = sum over rows of dy * x * r
 *
 * @param x - `[..., W]`.
 * @param weight - `[W]`.
 * @returns The shape of `x`.
 * @throws {TensorGpuError} `shape` if `weight` is not `[W]`.
 *
 * @example
 * rmsNorm(tensor2d([[3, 4]]), ones([2]), { eps: 0 }); // [[0.8485, 1.1314]]
 *
 * @see Zhang and Sennrich 2019: https://arxiv.org/abs/1910.07467
 */
export function rmsNorm(x: Tensor, weight: Tensor, options: RmsNormOptions): Tensor {
  const { eps } = knownOptions('rmsNorm', options, ['eps']);
  assertRange('rmsNorm: eps', eps, [0, Number.MAX_VALUE]);
  const width = x.shape.at(-1);
  if (weight.rank !== 1 || weight.shape[0] !== width) {
    throw new TensorGpuError(
      'shape',
      `rmsNorm: weight must be [${width}], the last axis of x [${x.shape}], got [${weight.shape}]. The weights and the config are of different models.`,
    );
  }
  return rmsNormOp(x, weight, { eps });
}
