import type { DrawnToken, TopLogprob } from '@molrl/tensor-gpu';
import type { Qwen3 } from '../model/qwen3.ts';
import type { Completion } from './completion.ts';
import type { CompletionText } from './completionText.ts';
import type { GenerateOptions } from './generateOptions.ts';
import { resolveGenerateOptions } from './resolveGenerateOptions.ts';
import { runGeneration } from './runGeneration.ts';

/** One token of one completion. */
export interface StreamChunk {
  /** Which completion, `[P * G]`, prompt-major. */
  index: number;
  id: number;
  /** As those of {@link Completion}. */
  logprob: number;
  behaviorLogprob: number;
  topLogprobs: TopLogprob[];
  /**
   * What the text of the completion grew by, where a `tokenizer` was given: whole characters, and nothing that may
   * become a stop string, so it can be empty or more than this token's. All of them together are its `text`.
   */
  text: string;
  /** With the last token of a completion: what ended it. */
  stop: Completion['stop'] | undefined;
}

/**
 * Samples completions and hands out their tokens as they are drawn. Leaving the loop stops the sampling.
 *
 * @returns what `generate` returns, when all have ended.
 * @throws what `generate` throws.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * let count = 0;
 * for await (const { id } of stream(model, [[1, 5, 9]], { maxTokens: 16, temperature: 0 })) {
 *   count += id >= 0 ? 1 : 0;
 * }
 * count; // 16
 */
export async function* stream(
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
): AsyncGenerator<StreamChunk, Completion[], undefined> {
  const resolved = resolveGenerateOptions('stream', { model, prompts }, options);
  const left = new AbortController();
  const signal = resolved.signal ? AbortSignal.any([resolved.signal, left.signal]) : left.signal;
  const chunks: StreamChunk[] = [];
  let wake: () => void = () => {};
  const onToken = (token: DrawnToken, text: CompletionText | undefined): void => {
    chunks.push(chunkOf(token, text));
    wake();
  };
  let isDone = false;
  const running = runGeneration({ model, prompts, options: { ...resolved, signal }, onToken });
  const ended = running.then(
    () => {},
    () => {}, // thrown below, where `running` is awaited
  );
  void ended.then(() => {
    isDone = true;
    wake();
  });
  try {
    while (!isDone || chunks.length > 0) {
      const chunk = chunks.shift();
      if (chunk !== undefined) yield chunk;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    return await running;
  } finally {
    left.abort();
    await ended;
  }
}

function chunkOf(token: DrawnToken, text: CompletionText | undefined): StreamChunk {
  const { sample, id, logprob, behaviorLogprob, top, stop } = token;
  const grown = stop === undefined ? text?.take() : text?.end();
  return {
    index: sample,
    id,
    logprob,
    behaviorLogprob,
    topLogprobs: top,
    text: grown ?? '',
    stop,
  };
}
