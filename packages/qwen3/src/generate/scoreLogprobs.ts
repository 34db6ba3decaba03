import { lmHead, selectRows } from '@molrl/tensor-gpu';
import { reshape, type Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Qwen3 } from '../model/qwen3.ts';
import { targetRows } from '../model/targetRows.ts';
import { tokenBatch } from '../model/tokenBatch.ts';

/** A completion to score, after its prompt. */
export interface ScoredSequence {
  promptIds: ArrayLike<number>;
  completionIds: ArrayLike<number>;
}

export interface ScoreLogprobsOptions {
  /** Divides the logits; give what the sampler used. Default 1. */
  temperature?: number | undefined;
  /** Sequences per forward pass. Default 32. */
  batchSize?: number | undefined;
}

/**
 * Log-probs of completion tokens under the forward pass that training uses. Their difference to the sampler's
 * own log-probs is the sampler/trainer mismatch.
 *
 * @returns per sequence, `[completion tokens]`.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * const [logprobs] = await scoreLogprobs(model, [{ promptIds: [1, 5], completionIds: [9, 2] }]);
 */
export async function scoreLogprobs(
  model: Qwen3,
  sequences: readonly ScoredSequence[],
  options: ScoreLogprobsOptions = {},
): Promise<Float32Array[]> {
  const { temperature = 1, batchSize = 32 } = options;
  const scores: Float32Array[] = [];
  for (let start = 0; start < sequences.length; start += batchSize) {
    scores.push(
      ...(await scoreBatch(model, sequences.slice(start, start + batchSize), temperature)),
    );
  }
  return scores;
}

async function scoreBatch(
  model: Qwen3,
  sequences: readonly ScoredSequence[],
  temperature: number,
): Promise<Float32Array[]> {
  const batch = tokenBatch(
    sequences.map(({ promptIds, completionIds }) => ({
      ids: [...Array.from(promptIds), ...Array.from(completionIds)],
    })),
    { padId: 0 },
  );
  const { rows, targetIds } = targetRows(batch, (row, t) => t >= sequences[row]!.promptIds.length);
  if (rows.length === 0) return sequences.map(() => new Float32Array(0));
  const logprobs = tidy((): Tensor => {
    const hidden = model.forward(batch);
    const flat = reshape(hidden, [batch.B * batch.T, model.config.hiddenSize]);
    const picked = selectRows(flat, tensor1d(rows, 'int32'));
    return lmHead(picked, model.head(), tensor1d(targetIds, 'int32'), { temperature }).logprobs;
  });
  const values = (await logprobs.data()) as Float32Array;
  logprobs.dispose();
  let position = 0;
  return sequences.map(({ completionIds }) => {
    const begin = position;
    position += completionIds.length;
    return values.slice(begin, position);
  });
}
