import {
  type DrawnToken,
  linear,
  sampleToken,
  samplingProbabilities,
  selectRows,
  type TopLogprob,
} from '@molrl/tensor-gpu';
import { reshape, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { joinMask } from '../chat/samplingMask.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { tokenBatch } from '../model/tokenBatch.ts';
import type { Completion } from './completion.ts';
import type { ResolvedGenerateOptions } from './generateOptions.ts';

interface Row {
  index: number;
  /** Prompt and completion. */
  ids: number[];
  promptLength: number;
  seed: number;
  drawn: Omit<DrawnToken, 'sample' | 'stop'>[];
  kept: number[][];
  stop: Completion['stop'] | undefined;
}

/** What the sampling of rows takes. */
export interface ForwardCall extends ResolvedGenerateOptions {
  onToken?: (token: DrawnToken) => void;
}

/**
 * Generation with nothing but the forward pass: every new token runs the whole sequence again.
 * Quadratic and simple, for back ends without a decode program and to check that program.
 */
export async function generateRows(
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  call: ForwardCall,
): Promise<Completion[]> {
  const { numGenerations, maxTokens, signal, onProgress } = call;
  const rows = Array.from(call.seeds, (seed, index): Row => {
    const prompt = prompts[Math.floor(index / numGenerations)]!;
    const ids = Array.from(prompt);
    return { index, ids, promptLength: prompt.length, seed, drawn: [], kept: [], stop: undefined };
  });
  let live = rows;
  let tokens = 0;
  for (let step = 0; step < maxTokens && live.length > 0; step++) {
    signal?.throwIfAborted();
    const logits = await lastLogits(model, live);
    for (const [i, row] of live.entries()) {
      checkFinite(logits[i]!, step);
      drawToken(row, logits[i]!, call);
    }
    tokens += live.length;
    live = live.filter((row) => row.stop === undefined);
    onProgress?.({ tokens, done: rows.length - live.length, total: rows.length });
  }
  return rows.map((row) => completionOf(row, call));
}

function drawToken(row: Row, logits: Float32Array, call: ForwardCall): void {
  const { ids, index, seed, drawn } = row;
  const step = drawn.length;
  const history = { seen: ids, completion: ids.slice(row.promptLength) };
  const { id, logprob, behaviorLogprob } = sampleToken(logits, { ...call, ...history, seed, step });
  if (call.returnSamplingMask) {
    const probabilities = samplingProbabilities(logits, call, history);
    row.kept.push([...probabilities.keys()].filter((other) => probabilities[other]! > 0));
  }
  const token = { id, logprob, behaviorLogprob, top: topOf(logits, call) };
  ids.push(id);
  drawn.push(token);
  if (call.eosIds.includes(id)) row.stop = 'eos';
  else if (call.shouldStop?.(Int32Array.from(ids.slice(row.promptLength)), index))
    row.stop = 'stop';
  else if (drawn.length === call.maxTokens) row.stop = 'length';
  call.onToken?.({ ...token, sample: index, stop: row.stop });
}

function topOf(logits: Float32Array, { topLogprobs, temperature }: ForwardCall): TopLogprob[] {
  if (topLogprobs === 0) return [];
  const scores = Array.from(logits, (logit) => logit / (temperature || 1));
  const most = scores.reduce((a, b) => Math.max(a, b));
  const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
  return scores
    .map((score, id) => ({ id, logprob: score - most - Math.log(total) }))
    .sort((a, b) => b.logprob - a.logprob)
    .slice(0, topLogprobs);
}

function completionOf({ drawn, kept, stop }: Row, call: ForwardCall): Completion {
  const behaviorLogprobs = Float32Array.from(drawn, (token) => token.behaviorLogprob);
  return {
    ids: Int32Array.from(drawn, ({ id }) => id),
    logprobs: Float32Array.from(drawn, ({ logprob }) => logprob),
    behaviorLogprobs,
    samplingLogprobs: behaviorLogprobs,
    stop: stop ?? 'length',
    ...(call.returnSamplingMask && { samplingMask: joinMask(kept) }),
    ...(call.topLogprobs > 0 && { topLogprobs: drawn.map(({ top }) => top) }),
  };
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
