import { type Tensor, util } from '@tensorflow/tfjs-core';
import { inShapeOf, recordAlias } from '../fused/recordAlias.ts';

/**
 * `x` in another shape, as `tf.reshape`: the same numbers in memory. It costs less than tfjs's, which runs a kernel for it
 * and saves the input for the gradient.
 *
 * @param shape - Sizes; one of them may be -1, for what is left.
 * @throws {Error} of tfjs, if the sizes do not fit.
 *
 * @example
 * reshape(tensor1d([1, 2, 3, 4]), [2, -1]).shape; // [2, 2]
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  const sizes = util.inferFromImplicitShape([...shape], x.size);
  return recordAlias('Reshape', { x }, () => inShapeOf(x, { shape: sizes }));
}
