import {
  cast,
  equal,
  expandDims,
  fill,
  greater,
  greaterEqual,
  less,
  logicalAnd,
  matMul,
  mul,
  range,
  reshape,
  scalar,
  softmax,
  sub,
  type Tensor,
  tile,
  transpose,
  where,
} from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { assertOneOf, assertRange, knownOptions } from '../base/knownOptions.ts';
import { defineFusedOp } from '../fused/defineFusedOp.ts';
import type { FusedOp } from '../fused/fusedOp.ts';

export interface AttentionOptions {
  /** Factor on `q . k`. Default `1 / sqrt(D)`. */
  scale?: number | undefined;
  /** A token sees itself and earlier tokens only. Default `true`. */
  causal?: boolean | undefined;
  /**
   * `segmentIds` say where the subtree of each token ends, and tokens of one prefix have it in common: a prompt stands once,
   * before all its completions. Causal only. Default `false`.
   */
  tree?: boolean | undefined;
  /**
   * Sliding window: a token sees itself and the `window - 1` tokens before it, as `sliding_window` of transformers counts.
   * Causal only, and not with `tree`. Default: all.
   */
  window?: number | undefined;
}

/** What the kernels are told. */
interface AttentionAttributes {
  scale: number;
  causal: boolean;
  tree: boolean;
  /** 0: none. */
  window: number;
}

/** The same result from primitive ops: slow, differentiated by the tape; the kernels are checked against it. */
// biome-ignore lint/complexity/useMaxParams: operands of the op
export function attentionReference(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  segmentIds: Tensor,
  { scale, causal, tree, window }: AttentionAttributes,
): Tensor {
  const [batch, time, heads, width] = q.shape as [number, number, number, number]; // rank checked
  const scores = mul(matMul(byHead(q, heads), byHead(k, heads), false, true), scale);
  const visible = reshape(
    tile(expandDims(visibleTokens(segmentIds, { causal, tree, window }), 1), [1, heads, 1, 1]),
    [batch * heads, time, time],
  );
  const masked = where(visible, scores, fill(scores.shape, -1e30));
  const probabilities = mul(softmax(masked), cast(visible, 'float32'));
  const rows = matMul(probabilities, byHead(v, heads));
  return transpose(reshape(rows, [batch, heads, time, width]), [0, 2, 1, 3]);
}

/** `[B, T, Hk, D]` to `[B * heads, T, D]`, each key/value head repeated for its query heads. */
function byHead(x: Tensor, heads: number): Tensor {
  const [batch, time, own, width] = x.shape as [number, number, number, number];
  const flat = reshape(transpose(x, [0, 2, 1, 3]), [batch * own, 1, time * width]);
  return reshape(tile(flat, [1, heads / own, 1]), [batch * heads, time, width]);
}

/** bool `[B, T, T]`: query i sees key j. */
function visibleTokens(
  segmentIds: Tensor,
  { causal, tree, window }: Omit<AttentionAttributes, 'scale'>,
): Tensor {
  const time = segmentIds.shape[1]!;
  if (tree) return visibleInTree(segmentIds, range(0, time, 1, 'int32'));
  const query = expandDims(segmentIds, 2);
  const same = logicalAnd(equal(query, expandDims(segmentIds, 1)), greaterEqual(query, 0));
  if (!causal) return same;
  const order = range(0, time, 1, 'int32');
  const distance = expandDims(sub(expandDims(order, 1), expandDims(order, 0)), 0);
  const before = logicalAnd(same, greaterEqual(distance, 0));
  return window === 0 ? before : logicalAnd(before, less(distance, scalar(window, 'int32')));
}

/** Key j is seen from j on to the end of its subtree, by tokens that are no padding. */
function visibleInTree(ends: Tensor, places: Tensor): Tensor {
  const query = expandDims(places, 1); // [T, 1]
  const isReal = expandDims(greater(ends, expandDims(places, 0)), 2);
  const within = logicalAnd(
    greater(expandDims(ends, 1), query),
    greaterEqual(query, expandDims(places, 0)),
  );
  return logicalAnd(within, isReal);
}

export const attentionOp: FusedOp<
  [q: Tensor, k: Tensor, v: Tensor, segmentIds: Tensor, options: AttentionAttributes],
  Tensor
> = defineFusedOp({
  name: 'attention', // kernels/attention.c, backend/cpu/kernels/attention.ts
  inputs: ['q', 'k', 'v', 'segmentIds'],
  differentiable: ['q', 'k', 'v'],
  outputs: ['y', 'logsumexp'],
  saves: ['q', 'k', 'v', 'segmentIds', 'y', 'logsumexp'],
  reference: attentionReference,
  tolerance: 2e-5,
  example: (shape, random) => {
    const width = shape.at(-1)!;
    const time = shape.slice(0, -1).reduce((product, size) => product * size, 1);
    return [
      random.normal([2, time, 4, width]),
      random.normal([2, time, 2, width]),
      random.normal([2, time, 2, width]),
      sub(random.integers([2, time], 3), scalar(1, 'int32')), // -1 is padding
      { scale: 1 / Math.sqrt(width), causal: true, tree: false, window: 0 },
    ];
  },
});

/**
 * Grouped-query scaled dot-product attention over packed sequences.
 *
 *     p[i,j] = softmax over visible j of scale * q[i] . k[j]    y[i] = sum_j p[i,j] v[j]
 *     j is visible to i:  segment[j] == segment[i] >= 0, and j <= i when causal
 *     with `tree`:        j <= i < segment[j]    segment[j]: the place behind the last token that has j before it
 *     with `window`:      i - j < window as well
 *
 * A padding token (segment -1; in a tree one whose subtree ends at or before itself) gives and gets nothing: its output row and its gradients are 0.
 * The kernels work block by block and keep one log-sum-exp per row, never `[T, T]`.
 *
 * @param q - `[B, T, H, D]`.
 * @param k - `[B, T, Hk, D]`, H a multiple of Hk; `v` likewise.
 * @param segmentIds - int32 `[B, T]`.
 * @returns `[B, T, H, D]`.
 * @throws {TensorGpuError} `shape` if the shapes do not fit, `dtype` if segmentIds are not int32, `option` for a tree or a
 * window that is not causal, or both at once.
 *
 * @see Dao et al. 2022, FlashAttention: https://arxiv.org/abs/2205.14135
 */
// biome-ignore lint/complexity/useMaxParams: operands of the op
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  segmentIds: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const [batch, time, heads, width] = q.shape;
  const {
    scale = 1 / Math.sqrt(width ?? 1),
    causal = true,
    tree = false,
    window,
  } = knownOptions('attention', options, ['scale', 'causal', 'tree', 'window?']);
  assertRange('attention: scale', scale, [-Number.MAX_VALUE, Number.MAX_VALUE]);
  assertOneOf('attention: causal', causal, [true, false]);
  assertOneOf('attention: tree', tree, [true, false]);
  if (tree && !causal) {
    throw new TensorGpuError(
      'option',
      'attention: tree is for causal attention, got causal false. A token of a prefix cannot see what follows in one branch only.',
    );
  }
  if (window !== undefined) assertWindow(window, { causal, tree });
  const fits =
    q.rank === 4 &&
    k.rank === 4 &&
    k.shape.join() === v.shape.join() &&
    k.shape.join() === [batch, time, k.shape[2], width].join() &&
    heads! % k.shape[2]! === 0 &&
    segmentIds.shape.join() === `${batch},${time}`;
  if (!fits) {
    throw new TensorGpuError(
      'shape',
      `attention: q [B,T,H,D], k and v [B,T,Hk,D], segmentIds [B,T] must fit and H be a multiple of Hk, got [${q.shape}], [${k.shape}], [${v.shape}], [${segmentIds.shape}]. Reshape them.`,
    );
  }
  if (segmentIds.dtype !== 'int32') {
    throw new TensorGpuError(
      'dtype',
      `attention: segmentIds must be int32, got ${segmentIds.dtype}. Cast them.`,
    );
  }
  return attentionOp(q, k, v, segmentIds, { scale, causal, tree, window: window ?? 0 });
}

function assertWindow(window: number, { causal, tree }: { causal: boolean; tree: boolean }): void {
  assertRange('attention: window', window, [1, 2 ** 30]);
  if (Number.isInteger(window) && causal && !tree) return;
  throw new TensorGpuError(
    'option',
    `attention: window must be a whole number, and is for causal attention without tree, got window ${window}, causal ${causal}, tree ${tree}. In a tree the distance of two places is not that of their tokens: give such a model batches without one.`,
  );
}
