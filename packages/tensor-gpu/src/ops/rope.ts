import { add, concat, gather, mul, reshape, slice, sub, type Tensor } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { knownOptions } from '../base/knownOptions.ts';
import { defineFusedOp } from '../fused/defineFusedOp.ts';
import type { FusedOp } from '../fused/fusedOp.ts';

/** Where each token stands, and how far a position turns each pair. */
export interface RotaryTables {
  /** `[P, D/2]`, row p for position p. */
  cos: Tensor;
  /** As `cos`. */
  sin: Tensor;
  /** int32 `[B, T]`, each in `[0, P)`. */
  positions: Tensor;
}

/** The same result from primitive ops: slow, differentiated by the tape; the kernels are checked against it. */
// biome-ignore lint/complexity/useMaxParams: operands of the op
export function ropeReference(x: Tensor, cos: Tensor, sin: Tensor, positions: Tensor): Tensor {
  const [batch, time, heads, width] = x.shape as [number, number, number, number]; // rank checked
  const half = width / 2;
  const rows = reshape(positions, [batch * time]);
  const c = reshape(gather(cos, rows), [batch, time, 1, half]);
  const s = reshape(gather(sin, rows), [batch, time, 1, half]);
  const a = slice(x, [0, 0, 0, 0], [batch, time, heads, half]);
  const b = slice(x, [0, 0, 0, half], [batch, time, heads, half]);
  return concat([sub(mul(a, c), mul(b, s)), add(mul(b, c), mul(a, s))], -1);
}

export const ropeOp: FusedOp<[x: Tensor, cos: Tensor, sin: Tensor, positions: Tensor], Tensor> =
  defineFusedOp({
    name: 'rope', // kernels/rope.c, backend/cpu/kernels/rope.ts
    inputs: ['x', 'cos', 'sin', 'positions'],
    differentiable: ['x'],
    saves: ['cos', 'sin', 'positions'],
    reference: ropeReference,
    tolerance: 1e-6,
    example: (shape, random) => {
      const half = Math.ceil(shape.at(-1)! / 2);
      const time = shape.slice(0, -1).reduce((product, size) => product * size, 1);
      return [
        random.normal([2, time, 3, 2 * half]),
        random.normal([7, half]),
        random.normal([7, half]),
        random.integers([2, time], 7),
      ];
    },
  });

/**
 * Rotary position embedding of queries or keys that are not normed (Llama, Qwen2); for Qwen3's see `headNormRope`.
 *
 *     y[i] = x[i] cos[p,i] - x[i + D/2] sin[p,i]        dx: the same turn, backwards
 *     y[i + D/2] = x[i + D/2] cos[p,i] + x[i] sin[p,i]
 *
 * The tables get no gradient.
 *
 * @param x - `[B, T, heads, D]`, D even.
 * @returns `[B, T, heads, D]`.
 * @throws {TensorGpuError} `shape` if a shape does not fit or a position is outside the tables, `dtype` if positions
 * are not int32.
 *
 * @example
 * const x = tensor4d([[[[1, 2]]]]);
 * rope(x, { cos: tensor2d([[0]]), sin: tensor2d([[1]]), positions: tensor2d([[0]], [1, 1], 'int32') }); // [[[[-2, 1]]]]
 *
 * @see Su et al. 2021, RoFormer: https://arxiv.org/abs/2104.09864
 */
export function rope(x: Tensor, tables: RotaryTables): Tensor {
  const { cos, sin, positions } = knownOptions('rope', tables, ['cos', 'sin', 'positions']);
  const [batch, time, , width] = x.shape;
  const fits =
    x.rank === 4 &&
    width! % 2 === 0 &&
    cos.rank === 2 &&
    cos.shape[1] === width! / 2 &&
    cos.shape.join() === sin.shape.join() &&
    positions.shape.join() === `${batch},${time}`;
  if (!fits) {
    throw new TensorGpuError(
      'shape',
      `rope: x [B,T,heads,D], cos and sin [P,D/2], positions [B,T] must fit, got [${x.shape}], [${cos.shape}], [${sin.shape}], [${positions.shape}]. D must be even.`,
    );
  }
  if (positions.dtype !== 'int32') {
    throw new TensorGpuError(
      'dtype',
      `rope: positions must be int32, got ${positions.dtype}. Cast them.`,
    );
  }
  return ropeOp(x, cos, sin, positions);
}
