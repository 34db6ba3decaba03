import { canDecode, type DrawnToken, TensorGpuError } from '@molrl/tensor-gpu';
import { Qwen3Error } from '../base/errors.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import type { Completion } from './completion.ts';
import { CompletionText } from './completionText.ts';
import { undecodable } from './decoderOf.ts';
import { type ForwardCall, generateRows } from './forwardRows.ts';
import type { ResolvedGenerateOptions } from './generateOptions.ts';
import { withDecoder } from './modelDecoder.ts';

/** A call that has been checked. */
export interface Generation {
  model: Qwen3;
  prompts: readonly ArrayLike<number>[];
  options: ResolvedGenerateOptions;
  /** Without a decode program, whatever the back end has. */
  isForwardOnly?: boolean;
  /** Told every token, with the text of its completion so far. */
  onToken?: (token: DrawnToken, text: CompletionText | undefined) => void;
}

/** Samples where it is fastest, and adds the text. */
export async function runGeneration(generation: Generation): Promise<Completion[]> {
  const { model, prompts, options, onToken } = generation;
  options.signal?.throwIfAborted();
  if (prompts.length === 0) return [];
  const texts = textsOf(options);
  const settings = {
    ...options,
    shouldStop: stopOf(options, texts),
    ...(onToken && { onToken: (token: DrawnToken) => onToken(token, texts?.[token.sample]) }),
  };
  const sampled =
    canDecode() && !generation.isForwardOnly && isDecodable(model)
      ? await sampleByDecoder(model, prompts, settings)
      : await generateRows(model, prompts, settings);
  return sampled.map((completion, i) => {
    const text = texts?.[i];
    text?.end();
    return { ...completion, ...(text && { text: text.text }) };
  });
}

/** What was warned of. */
const warned = new Set<string>();

/** Whether the decoder runs all that the model has; if not, says once why sampling is slow. */
function isDecodable(model: Qwen3): boolean {
  const lacking = undecodable(model);
  if (lacking === undefined) return true;
  // biome-ignore lint/suspicious/noConsole: a slow sampler without a reason looks like a fault
  const warn = console.warn;
  if (!warned.has(lacking)) {
    warn(
      `generate: the model has ${lacking}, which the decoder does not run yet: every token is computed by a whole forward pass, in a time that grows with the square of the length.`,
    );
  }
  warned.add(lacking);
  return false;
}

/** One text per completion, where a tokenizer tells it. */
function textsOf({
  tokenizer,
  stop,
  seeds,
}: ResolvedGenerateOptions): CompletionText[] | undefined {
  if (tokenizer === undefined) return undefined;
  return Array.from(seeds, () => new CompletionText(tokenizer, stop));
}

/** The caller's, after the stop strings. It sees every token but an end, so texts grow here. */
function stopOf(
  { shouldStop }: ResolvedGenerateOptions,
  texts: CompletionText[] | undefined,
): ResolvedGenerateOptions['shouldStop'] {
  if (texts === undefined) return shouldStop;
  return (ids, index) => {
    const text = texts[index]!;
    text.push(ids.at(-1)!); // asked after a token
    return text.isStopped || (shouldStop?.(ids, index) ?? false);
  };
}

async function sampleByDecoder(
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  call: ForwardCall,
): Promise<Completion[]> {
  const longest = prompts.reduce((most, prompt) => Math.max(most, prompt.length), 0);
  try {
    return await withDecoder(model, longest + call.maxTokens, (decoder) =>
      decoder.generate({ ...call, prompts: prompts.map((ids) => Int32Array.from(ids)) }),
    );
  } catch (error) {
    if (!(error instanceof TensorGpuError && error.code === 'not-finite')) throw error;
    throw new Qwen3Error('not-finite', error.message, { cause: error });
  }
}
