import { reshape, sum, type Tensor } from '@tensorflow/tfjs-core';

/** Undoes a broadcast: sums over the dimensions that `shape` has not, or has with size 1. */
export function sumToShape(x: Tensor, shape: number[]): Tensor {
  const missing = x.shape.length - shape.length;
  const axes = x.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < missing || (shape[axis - missing] === 1 && x.shape[axis] !== 1));
  return reshape(axes.length > 0 ? sum(x, axes) : x, shape);
}
