import {
  cast,
  customGrad,
  expandDims,
  type GradSaveFunc,
  gather,
  mul,
  notEqual,
  reshape,
  scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { assertInteger, knownOptions } from '../base/knownOptions.ts';
import { defineFusedOp } from '../fused/defineFusedOp.ts';
import type { FusedOp } from '../fused/fusedOp.ts';
import type { Weight } from '../weights/mappedTensor.ts';
import { operand, type StoredOps, storedOps } from './storedOps.ts';

export interface EmbeddingOptions {
  /** Token whose row gets no gradient, as torch's `padding_idx`. Default: none. */
  paddingId?: number | undefined;
}

/** The same result from primitive ops: slow, differentiated by the tape; the kernels are checked against it. */
export function embeddingReference(
  weight: Tensor,
  ids: Tensor,
  { paddingId }: { paddingId: number },
): Tensor {
  const flat = reshape(ids, [ids.size]);
  const keep = cast(notEqual(flat, scalar(paddingId, 'int32')), 'float32');
  const rows = maskGradient(gather(weight, flat), expandDims(keep, 1));
  return reshape(rows, [...ids.shape, weight.shape[1]!]);
}

/** `x` itself, whose gradient is `dy * keep`. */
function maskGradient(x: Tensor, keep: Tensor): Tensor {
  return customGrad((value, save) => {
    // tfjs types the arguments as Tensor | GradSaveFunc: the last one is the function
    (save as GradSaveFunc)([keep]);
    return {
      value: (value as Tensor).clone(),
      gradFunc: (dy: Tensor, [mask]: Tensor[]) => mul(dy, mask!),
    };
  })(x);
}

export const embeddingOp: FusedOp<
  [weight: Tensor, ids: Tensor, options: { paddingId: number }],
  Tensor
> = defineFusedOp({
  name: 'embedding', // kernels/embedding.c, backend/cpu/kernels/embedding.ts
  inputs: ['weight', 'ids'],
  differentiable: ['weight'],
  saves: ['weight', 'ids'], // of the weight only the shape is read
  reference: embeddingReference,
  tolerance: 1e-5,
  example: (shape, random) => [
    random.normal([9, shape.at(-1)!]),
    random.integers(shape.length > 1 ? shape.slice(0, -1) : shape, 9),
    { paddingId: 0 },
  ],
});

/** With a frozen table. */
export const embeddingStored: StoredOps = storedOps(embeddingOp, ['weight']);

/**
 * Rows of a table: `y[...] = weight[ids[...]]`, `dweight[v] = sum of dy where ids == v`.
 *
 * @param weight - `[V, H]`, also of `mapTensor` or `storedTensor`: frozen, and only the rows that are asked for are read.
 * @param ids - int32, any shape, each in `[0, V)`.
 * @returns `[...ids.shape, H]`.
 * @throws {TensorGpuError} `shape` if `weight` is not a matrix, `dtype` if `ids` are not int32.
 *
 * @example
 * embedding(tensor2d([[1, 2], [3, 4]]), tensor1d([1, 1, 0], 'int32')); // [[3, 4], [3, 4], [1, 2]]
 */
export function embedding(weight: Weight, ids: Tensor, options: EmbeddingOptions = {}): Tensor {
  const { paddingId = -1 } = knownOptions('embedding', options, ['paddingId?']);
  assertInteger('embedding: paddingId', paddingId, [-1]);
  if (weight.shape.length !== 2) {
    throw new TensorGpuError(
      'shape',
      `embedding: weight must be [V,H], got [${weight.shape}]. Reshape it.`,
    );
  }
  if (ids.dtype !== 'int32') {
    throw new TensorGpuError('dtype', `embedding: ids must be int32, got ${ids.dtype}. Cast them.`);
  }
  return embeddingOp(operand(weight, embeddingStored), ids, { paddingId });
}
