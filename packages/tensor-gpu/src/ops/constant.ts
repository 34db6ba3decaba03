import type { Tensor } from '@tensorflow/tfjs-core';
import { inShapeOf } from '../fused/recordAlias.ts';

/**
 * `x` as a constant: the same numbers in memory, off the tape. Nothing behind it gets a gradient through this use, and nothing
 * is read from the device.
 *
 * @example
 * const x = tensor1d([3]);
 * const { value, tape } = record(() => mul(x, constant(x)));
 * tape.backward([[value, tensor1d([1])]], { x }).x; // [3]
 */
export function constant(x: Tensor): Tensor {
  return inShapeOf(x, x);
}
