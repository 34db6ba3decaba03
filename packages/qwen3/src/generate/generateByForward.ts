import { linear, sampleToken, selectRows } from '@molrl/tensor-gpu';
import { reshape, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Qwen3 } from '../model/qwen3.ts';
import { tokenBatch } from '../model/tokenBatch.ts';
import type { Completion } from './generate.ts';
import { type GenerateOptions, resolveGenerateOptions } from './generateOptions.ts';

interface Row {
  ids: number[];
  promptLength: number;
  logprobs: number[];
  seed: number;
  stop: 'eos' | 'length';
}

/**
 * Generation with nothing but the forward pass: every new token runs the whole sequence again.
 * Quadratic and simple, for back ends without a decode program and to check that program.
 *
 * Arguments, result and errors are those of {@link generate}.
 */
export async function generateByForward(
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
): Promise<Completion[]> {
  const resolved = resolveGenerateOptions(model, prompts, options);
  const { numGenerations, maxTokens, eosIds, signal, onProgress, seeds } = resolved;
  const rows = prompts.flatMap((prompt, p) =>
    Array.from(
      { length: numGenerations },
      (_, g): Row => ({
        ids: Array.from(prompt),
        promptLength: prompt.length,
        logprobs: [],
        seed: seeds[p * numGenerations + g]!,
        stop: 'length',
      }),
    ),
  );
  let live = rows;
  let tokens = 0;
  for (let step = 0; step < maxTokens && live.length > 0; step++) {
    signal?.throwIfAborted();
    const logits = await lastLogits(model, live);
    for (const [i, row] of live.entries()) {
      const { id, logprob } = sampleToken(logits[i]!, {
        ...resolved,
        seed: row.seed,
        step,
        seen: row.ids,
      });
      row.ids.push(id);
      row.logprobs.push(logprob);
      if (eosIds.includes(id)) row.stop = 'eos';
    }
    tokens += live.length;
    live = live.filter((row) => row.stop !== 'eos');
    const running = step + 1 < maxTokens ? live.length : 0;
    onProgress?.({ tokens, done: rows.length - running, total: rows.length });
  }
  return rows.map(({ ids, promptLength, logprobs, stop }) => ({
    ids: Int32Array.from(ids.slice(promptLength)),
    logprobs: Float32Array.from(logprobs),
    stop,
  }));
}

/** Logits after the last token of each row, `[V]` each. */
async function lastLogits(model: Qwen3, rows: readonly Row[]): Promise<Float32Array[]> {
  const { vocabSize, hiddenSize } = model.config;
  const batch = tokenBatch(rows, { padId: 0 });
  const last = Int32Array.from(rows, ({ ids }, row) => row * batch.T + ids.length - 1);
  const logits = tidy(() => {
    const hidden = reshape(model.forward(batch), [batch.B * batch.T, hiddenSize]);
    return linear(selectRows(hidden, tensor1d(last, 'int32')), model.head());
  });
  const values = (await logits.data()) as Float32Array;
  logits.dispose();
  return rows.map((_, i) => values.subarray(i * vocabSize, (i + 1) * vocabSize));
}
