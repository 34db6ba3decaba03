import { randomInt } from 'node:crypto';
import { type Completion, generate, type Qwen3, scoreLogprobs, type Tokenizer } from '@molrl/qwen3';
import { RequestError } from '../../server/requestError.ts';
import type { SampleResponse } from '../protocol/sample.ts';
import type { SampleRequest } from './requests.ts';

export interface SamplingOptions {
  /** For stop strings; undefined: the folder of the model has none. */
  tokenizer: Tokenizer | undefined;
  signal: AbortSignal;
}

/** @throws {RequestError} 400 for a prompt that the model cannot read. */
export function checkPrompt(
  { config }: Qwen3,
  { prompt, sampling_params }: SampleRequest,
): number[] {
  const ids = prompt.chunks.flatMap(({ tokens }) => tokens);
  const { maxPositionEmbeddings: most, vocabSize } = config;
  const room = most - ids.length;
  if (ids.length === 0) throw new RequestError(400, 'The prompt has no token.');
  const odd = ids.find((id) => id >= vocabSize);
  if (odd !== undefined) throw new RequestError(400, `Token ${odd} is not among the ${vocabSize}.`);
  const { max_tokens: asked } = sampling_params;
  if (room < (asked ?? 1)) {
    const said = `The prompt has ${ids.length} tokens, with max_tokens ${asked ?? 1} more than the ${most} of the model.`;
    throw new RequestError(400, said);
  }
  return ids;
}

/** Completions with log-probs at temperature 1, whatever they were sampled at, as SkyRL 0.4.0 tells them. */
export async function sampleTokens(
  model: Qwen3,
  request: SampleRequest,
  { tokenizer, signal }: SamplingOptions,
): Promise<SampleResponse> {
  const ids = checkPrompt(model, request);
  const { num_samples: numGenerations, sampling_params: params } = request;
  const { temperature, top_k, top_p: topP } = params;
  const room = model.config.maxPositionEmbeddings - ids.length;
  const completions = await generate(model, [ids], {
    ...{ maxTokens: params.max_tokens ?? room, numGenerations, temperature, topP },
    ...{ topK: Math.max(0, top_k), seed: params.seed ?? randomInt(2 ** 47), signal },
    ...stopOptions(params.stop ?? undefined, tokenizer),
  });
  const logprobs = await rawLogprobs(model, completions, { ids, temperature });
  const promptLogprobs = request.prompt_logprobs
    ? (await scoreLogprobs(model, [{ promptIds: [], completionIds: ids }]))[0]
    : undefined;
  return {
    sequences: completions.map(({ ids: tokens, stop }, i) => ({
      stopReason: stop === 'length' ? 'length' : 'stop',
      ...{ tokens, logprobs: logprobs[i]! }, // one each
    })),
    promptLogprobs,
  };
}

async function rawLogprobs(
  model: Qwen3,
  completions: readonly Completion[],
  { ids, temperature }: { ids: number[]; temperature: number },
): Promise<Float32Array[]> {
  if (temperature === 1 || temperature === 0) return completions.map(({ logprobs }) => logprobs);
  const sequences = completions.map((one) => ({ promptIds: ids, completionIds: one.ids }));
  return scoreLogprobs(model, sequences);
}

/** Nothing said: the model's own ends; an empty list: none. Ids and texts otherwise. */
function stopOptions(
  stop: string | readonly string[] | readonly number[] | undefined,
  tokenizer: Tokenizer | undefined,
) {
  if (stop === undefined) return {};
  const list = typeof stop === 'string' ? [stop] : stop;
  const eosIds = list.filter((one) => typeof one === 'number');
  const texts = list.filter((one) => typeof one === 'string');
  if (texts.length === 0) return { eosIds: eosIds.length > 0 ? eosIds : null };
  if (!tokenizer)
    throw new RequestError(400, 'The model has no tokenizer here: give stop as token ids.');
  return { eosIds: null, tokenizer, stop: texts };
}
