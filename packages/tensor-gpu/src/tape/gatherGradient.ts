import {
  add,
  range,
  reshape,
  type Tensor,
  transpose,
  unsortedSegmentSum,
} from '@tensorflow/tfjs-core';

/**
 * Gradient of `gather(x, indices, axis, batchDims)` with respect to `x` of the given shape: every row of the cotangent is added to the row
 * of `x` that it came from, for any number of batch dimensions.
 *
 *     x [B.., O.., N, K..]   indices [B.., J..]   dy [B.., O.., J.., K..]   dx[b, :, indices[b, j], :] += dy[b, :, j, :]
 *
 * tfjs's own calls chained methods when `batchDims` is 1, and knows no other.
 */
// biome-ignore lint/complexity/useMaxParams: operands of the op
export function gatherGradient(
  dy: Tensor,
  shape: readonly number[],
  indices: Tensor,
  { axis, batchDims }: { axis: number; batchDims: number },
): Tensor {
  const at = axis < 0 ? axis + shape.length : axis;
  const size = (from: number, to: number): number =>
    shape.slice(from, to).reduce((product, length) => product * length, 1);
  const [batches, outer, rows, inner] = [
    size(0, batchDims),
    size(batchDims, at),
    shape[at]!,
    size(at + 1, shape.length),
  ];
  const picked = indices.size / Math.max(1, batches);
  const values = transpose(reshape(dy, [batches, outer, picked, inner]), [0, 2, 1, 3]);
  const firstRows = range(0, batches * rows, Math.max(1, rows), 'int32'); // of each batch
  const segments = add(reshape(indices, [batches, picked]), reshape(firstRows, [batches, 1]));
  const sums = unsortedSegmentSum(
    reshape(values, [batches * picked, outer * inner]),
    reshape(segments, [batches * picked]),
    batches * rows,
  );
  return reshape(transpose(reshape(sums, [batches, rows, outer, inner]), [0, 2, 1, 3]), [...shape]);
}
