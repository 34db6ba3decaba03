import { linear, sampleToken, selectRows } from '@molrl/tensor-gpu';
import { reshape, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { tokenBatch } from '../model/tokenBatch.ts';
import type { Completion } from './completion.ts';
import {
  type GenerateOptions,
  type ResolvedGenerateOptions,
  resolveGenerateOptions,
} from './generateOptions.ts';

interface Row {
  ids: number[];
  promptLength: number;
  logprobs: number[];
  samplingLogprobs: number[];
  seed: number;
  stop: Completion['stop'];
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
  const resolved = resolveGenerateOptions('generateByForward', model, prompts, options);
  return generateRows(model, prompts, resolved);
}

/** {@link generateByForward} with options that have been checked. */
export async function generateRows(
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  options: ResolvedGenerateOptions,
): Promise<Completion[]> {
  const { numGenerations, maxTokens, eosIds, shouldStop, signal, onProgress, seeds } = options;
  const rows = prompts.flatMap((prompt, p) =>
    Array.from(
      { length: numGenerations },
      (_, g): Row => ({
        ids: Array.from(prompt),
        promptLength: prompt.length,
        logprobs: [],
        samplingLogprobs: [],
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
      checkFinite(logits[i]!, step);
      const sampling = { ...options, seed: row.seed, step, seen: row.ids };
      const { id, logprob, samplingLogprob } = sampleToken(logits[i]!, sampling);
      row.ids.push(id);
      row.logprobs.push(logprob);
      row.samplingLogprobs.push(samplingLogprob);
      if (eosIds.includes(id)) row.stop = 'eos';
      else if (shouldStop?.(Int32Array.from(row.ids.slice(row.promptLength)))) row.stop = 'stop';
    }
    tokens += live.length;
    live = live.filter((row) => row.stop === 'length');
    const running = step + 1 < maxTokens ? live.length : 0;
    onProgress?.({ tokens, done: rows.length - running, total: rows.length });
  }
  return rows.map(({ ids, promptLength, logprobs, samplingLogprobs, stop }) => ({
    ids: Int32Array.from(ids.slice(promptLength)),
    logprobs: Float32Array.from(logprobs),
    samplingLogprobs: Float32Array.from(samplingLogprobs),
    stop,
  }));
}

function checkFinite(logits: Float32Array, step: number): void {
  const isBelowInfinity = logits.every((logit) => logit < Number.POSITIVE_INFINITY); // NaN is not
  if (isBelowInfinity && logits.some((logit) => logit > Number.NEGATIVE_INFINITY)) return;
  throw new Qwen3Error(
    'not-finite',
    `generate: logits at token ${step} are NaN or all infinite. Look for the first weight or update that is not finite.`,
  );
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
