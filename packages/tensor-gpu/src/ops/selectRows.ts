import { gather, range, type Tensor } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { defineFusedOp } from '../fused/defineFusedOp.ts';
import type { FusedOp } from '../fused/fusedOp.ts';

/** The same result from primitive ops: slow, differentiated by the tape; the kernels are checked against it. */
export function selectRowsReference(x: Tensor, rows: Tensor): Tensor {
  return gather(x, rows);
}

export const selectRowsOp: FusedOp<[x: Tensor, rows: Tensor], Tensor> = defineFusedOp({
  name: 'selectRows', // kernels/embedding.c, backend/cpu/kernels/selectRows.ts
  inputs: ['x', 'rows'],
  differentiable: ['x'],
  saves: ['x', 'rows'], // of x only the shape is read
  reference: selectRowsReference,
  tolerance: 1e-6,
  example: (shape, random) => [
    random.normal([11, shape.at(-1)!]),
    range(9, 1, -2, 'int32'), // 9, 7, 5, 3
  ],
});

/**
 * Some rows of a matrix, such as the hidden states of the trained tokens: `y[m] = x[rows[m]]`.
 *
 * @param x - `[N, H]`.
 * @param rows - int32 `[M]`, in `[0, N)` and **distinct**: each row's gradient is written once.
 * @returns `[M, H]`.
 * @throws {TensorGpuError} `shape` if `x` is not a matrix or `rows` not a list, `dtype` if `rows`
 * are not int32.
 *
 * @example
 * selectRows(tensor2d([[1, 2], [3, 4], [5, 6]]), tensor1d([2, 0], 'int32')); // [[5, 6], [1, 2]]
 */
export function selectRows(x: Tensor, rows: Tensor): Tensor {
  if (x.rank !== 2 || rows.rank !== 1) {
    throw new TensorGpuError(
      'shape',
      `selectRows: x must be [N,H] and rows [M], got [${x.shape}] and [${rows.shape}]. Reshape them.`,
    );
  }
  if (rows.dtype !== 'int32') {
    throw new TensorGpuError(
      'dtype',
      `selectRows: rows must be int32, got ${rows.dtype}. Cast them.`,
    );
  }
  return selectRowsOp(x, rows);
}
