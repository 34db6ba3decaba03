import { randomInt } from 'node:crypto';
import { type GenerateOptions, type Qwen3, Qwen3Error, type Tokenizer } from '@molrl/qwen3';
import { createKvCache, type KvCache } from '@molrl/tensor-gpu';
import type { ChatEncoder } from './chatEncoder.ts';
import type { SamplingRequest } from './openAiRequest.ts';
import { RequestError } from './requestError.ts';

/** Completions in flight at once; more wait for a place. */
const MAX_ROWS = 64;

/** A model as the server offers it. */
export interface Served {
  name: string;
  model: Qwen3;
  tokenizer: Tokenizer;
  encodeChat: ChatEncoder;
  /** Of a chat's answer, where the prompt has it: see `answerOpening`. Default none. */
  opening?: string;
  /** Beginnings that prompts share, and earlier turns of a chat, are computed once. */
  cache: KvCache;
}

export function serve(parts: Omit<Served, 'cache'>): Served {
  const { model } = parts;
  model.rotary(model.config.maxPositionEmbeddings); // long enough for all: then overlapping calls share every step
  return { ...parts, cache: createKvCache() };
}

/** @throws {RequestError} 404 unless it asks for the model that is served */
export function checkModelName({ name }: Served, wanted: string): void {
  if (wanted === name) return;
  throw new RequestError(404, `The model '${wanted}' does not exist. There is: ${name}.`);
}

/** Tokens that fit behind the longest prompt. @throws {RequestError} 400 if they are fewer than `least` */
export function roomAfter(
  { config: { maxPositionEmbeddings } }: Qwen3,
  promptIds: readonly ArrayLike<number>[],
  least: number,
): number {
  const longest = promptIds.reduce((most, { length }) => Math.max(most, length), 0);
  const room = maxPositionEmbeddings - longest;
  if (room >= least) return room;
  throw new RequestError(
    400,
    `The prompt has ${longest} tokens, the model takes ${maxPositionEmbeddings} with the answer.`,
  );
}

/** The request in the words of `generate`. */
export function generateOptions(
  { model, tokenizer, cache }: Served,
  request: SamplingRequest,
  asked: {
    promptIds: readonly ArrayLike<number>[];
    maxTokens: number;
    topLogprobs: number;
    signal: AbortSignal;
  },
): GenerateOptions {
  const room = roomAfter(model, asked.promptIds, 1);
  const { vocabSize } = model.config;
  const beyond = Math.max(0, vocabSize - tokenizer.vocabSize);
  const unknown = Array.from({ length: beyond }, (_, i) => tokenizer.vocabSize + i);
  const { top_k: topK, stop } = request;
  return {
    maxTokens: Math.min(asked.maxTokens, room),
    numGenerations: request.n ?? 1,
    maxRows: MAX_ROWS,
    temperature: request.temperature ?? 1,
    topK: topK === -1 ? 0 : topK,
    topP: request.top_p,
    minP: request.min_p,
    repetitionPenalty: request.repetition_penalty,
    presencePenalty: request.presence_penalty,
    frequencyPenalty: request.frequency_penalty,
    logitBias: request.logit_bias,
    suppressTokens: [...(tokenizer.missingIds ?? []).filter((id) => id < vocabSize), ...unknown],
    seed: request.seed ?? randomInt(2 ** 47),
    stop: typeof stop === 'string' ? [stop] : stop,
    tokenizer: {
      decode: (ids) => tokenizer.decode(ids, { skipSpecial: true, skipUnknown: true }),
      encode: (said) => tokenizer.encode(said),
    },
    topLogprobs: asked.topLogprobs,
    cache,
    signal: asked.signal,
  };
}

/** A message for the client: its own mistakes as they are, ours without their insides. */
export function statusOf(error: unknown): { status: number; message: string } {
  if (error instanceof RequestError) return error;
  if (error instanceof Qwen3Error && error.code === 'option')
    return { status: 400, message: error.message };
  return { status: 500, message: 'The server failed. Its log says why.' };
}
