import {
  backend_util,
  cumprod,
  mul,
  reshape,
  type Tensor,
  transpose,
  util,
} from '@tensorflow/tfjs-core';

/**
 * Gradient of `prod(x, axis)`: `dx_i = dy * (product of the others)`, from the products before and after each element, so
 * that zeros in `x` need no division.
 *
 * tfjs's own calls chained methods, and takes a negative axis for another one.
 */
export function prodGradient(dy: Tensor, x: Tensor, axis?: number | number[] | null): Tensor {
  const axes = util.parseAxisParam(axis ?? x.shape.map((_, i) => i), x.shape).sort((a, b) => a - b);
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const permutation = [...kept, ...axes];
  const last = kept.length;
  const permuted = transpose(x, permutation);
  const flat = reshape(permuted, [
    ...permuted.shape.slice(0, last),
    axes.reduce((size, i) => size * x.shape[i]!, 1),
  ]);
  const others = mul(cumprod(flat, last, true, false), cumprod(flat, last, true, true));
  const gradient = mul(others, reshape(dy, [...permuted.shape.slice(0, last), 1]));
  return transpose(
    reshape(gradient, permuted.shape),
    backend_util.getUndoAxesPermutation(permutation),
  );
}
