import type { Qwen3 } from '@molrl/qwen3';
import { linear, type TopLogprob } from '@molrl/tensor-gpu';
import { reshape, slice2d, type Tensor2D, tidy } from '@tensorflow/tfjs-core';

/** A token and the log-prob that the model gave it; nothing precedes the first of a prompt. */
export interface ScoredToken {
  id: number;
  logprob: number | null;
  topLogprobs: TopLogprob[];
}

/** Rows whose logits exist at once. */
const ROWS = 32;

/** Log-probs of a prompt's own tokens (temperature 1), each with the `count` most probable ids of its place. */
export async function promptScores(
  model: Qwen3,
  ids: ArrayLike<number>,
  count: number,
): Promise<ScoredToken[]> {
  const scored: ScoredToken[] = [{ id: ids[0]!, logprob: null, topLogprobs: [] }];
  const { length } = ids;
  const { hiddenSize } = model.config;
  const hidden = tidy(() => {
    const batch = { inputIds: Int32Array.from(ids), B: 1, T: length };
    return reshape(model.forward(batch), [length, hiddenSize]) as Tensor2D;
  });
  try {
    for (let first = 0; first + 1 < length; first += ROWS) {
      const rows = Math.min(ROWS, length - 1 - first);
      const logits = tidy(() =>
        linear(slice2d(hidden, [first, 0], [rows, hiddenSize]), model.head()),
      );
      const values = await logits.data();
      logits.dispose();
      const vocabulary = values.length / rows;
      for (let row = 0; row < rows; row++) {
        const places = values.subarray(row * vocabulary, (row + 1) * vocabulary) as Float32Array;
        scored.push(scoreToken(places, ids[first + row + 1]!, count));
      }
    }
  } finally {
    hidden.dispose();
  }
  return scored;
}

function scoreToken(logits: Float32Array, id: number, count: number): ScoredToken {
  const most = logits.reduce((a, b) => Math.max(a, b));
  const total = most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
  const top: TopLogprob[] = [];
  for (const [other, logit] of logits.entries()) {
    const logprob = logit - total;
    if (top.length === count && !(logprob > (top.at(-1)?.logprob ?? Number.POSITIVE_INFINITY)))
      continue;
    const place = top.findIndex((entry) => logprob > entry.logprob);
    top.splice(place < 0 ? top.length : place, 0, { id: other, logprob });
    top.length = Math.min(top.length, count);
  }
  return { id, logprob: logits[id]! - total, topLogprobs: top };
}
