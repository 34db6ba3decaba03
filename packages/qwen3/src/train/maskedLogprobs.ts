import { embedding, type SamplingMask, selectRows, type Weight } from '@molrl/tensor-gpu';
import {
  add,
  concat,
  div,
  gather,
  logSumExp,
  matMul,
  reshape,
  slice,
  sub,
  type Tensor,
  tensor1d,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { keptAt } from '../chat/samplingMask.ts';

/** Lists are padded to a power of two; what is padding weighs nothing. */
const NOTHING = -1e30;

/** What `maskedLogprobs` reads. */
export interface MaskedHead {
  /** `[N, H]` and `[V, H]`. */
  hidden: Tensor;
  head: Weight;
  /** `[N]`, the tokens. */
  ids: Int32Array;
  mask: SamplingMask;
  temperature: number;
  /** `[N]`, over the whole vocabulary: of the targets without a mask. */
  logprobs: Tensor;
}

/**
 * Log-probs of tokens among those that the sampler could draw, which is the distribution it drew from:
 *
 *     logprob = z[id] - log sum of exp(z[v]) over the kept v        z = hidden head^T / temperature
 *
 * Only the rows of the head that were kept are read. A target whose list is empty has the whole vocabulary.
 *
 * @see DeepSeek-V3.2 2025, "Keep Sampling Mask": https://arxiv.org/abs/2512.02556
 */
export function maskedLogprobs(input: MaskedHead): Tensor {
  const { mask, ids, logprobs } = input;
  const buckets = new Map<number, number[]>();
  for (const target of ids.keys()) {
    const size = mask.offsets[target + 1]! - mask.offsets[target]!;
    const padded = size === 0 ? 0 : 2 ** Math.ceil(Math.log2(size));
    const bucket = buckets.get(padded);
    if (bucket) bucket.push(target);
    else buckets.set(padded, [target]);
  }
  const parts: Tensor[] = [];
  const places = new Int32Array(ids.length);
  let filled = 0;
  for (const [size, targets] of buckets) {
    const rows = tensor1d(Int32Array.from(targets), 'int32');
    parts.push(size === 0 ? gather(logprobs, rows) : bucketLogprobs(input, { size, targets }));
    for (const target of targets) places[target] = filled++;
  }
  return gather(concat(parts), tensor1d(places, 'int32'));
}

/** Of targets with up to `size` kept ids each; the target's own id stands first. */
function bucketLogprobs(
  { hidden, head, ids, mask, temperature }: MaskedHead,
  { size, targets }: { size: number; targets: readonly number[] },
): Tensor {
  const count = targets.length;
  const lists = new Int32Array(count * size);
  const padding = new Float32Array(count * size).fill(NOTHING);
  for (const [row, target] of targets.entries()) {
    const kept = keptAt(mask, target);
    const others = kept.filter((id) => id !== ids[target]);
    lists.fill(ids[target]!, row * size, (row + 1) * size);
    lists.set(others, row * size + 1);
    padding.fill(0, row * size, row * size + kept.length);
  }
  const width = hidden.shape[1]!; // [N, H]
  const own = selectRows(hidden, tensor1d(Int32Array.from(targets), 'int32'));
  const rows = embedding(head, tensor1d(lists, 'int32'));
  const scores = matMul(
    reshape(own, [count, 1, width]),
    reshape(rows, [count, size, width]),
    false,
    true,
  );
  const z = add(div(reshape(scores, [count, size]), temperature), tensor2d(padding, [count, size]));
  return sub(reshape(slice(z, [0, 0], [count, 1]), [count]), logSumExp(z, -1));
}
