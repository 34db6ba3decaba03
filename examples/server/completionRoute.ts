import { type StreamChunk, stream, type Tokenizer } from '@molrl/qwen3';
import { finishReason } from './chatAnswer.ts';
import { now, usageOf } from './chatRoute.ts';
import { type CompletionRequest, completionRequest } from './openAiRequest.ts';
import { RequestError } from './requestError.ts';
import type { Route } from './route.ts';
import { checkModelName, generateOptions, type Served } from './served.ts';

/** As the API has it. */
const USUAL_TOKENS = 16;

/** `POST /v1/completions` */
export const completionRoute: Route<typeof completionRequest> = {
  schema: completionRequest,
  async answer(served, request, signal) {
    checkModelName(served, request.model);
    const { tokenizer } = served;
    const promptIds = promptsOf(served, request.prompt);
    const options = generateOptions(served, request, {
      promptIds,
      maxTokens: request.max_tokens ?? USUAL_TOKENS,
      topLogprobs: request.logprobs ?? 0,
      signal,
    });
    const chunks = stream(served.model, promptIds, options);
    const head = {
      id: `cmpl-${crypto.randomUUID()}`,
      object: 'text_completion',
      created: now(),
      model: served.name,
    };
    const told = typeof request.logprobs === 'number' ? tokenizer : undefined;
    const promptTokens = promptIds.reduce((sum, { length }) => sum + length, 0);
    if (request.stream) {
      const parts = events(chunks, head, told);
      return {
        events: request.stream_options?.include_usage
          ? withUsage(parts, head, promptTokens)
          : parts,
      };
    }
    const choices = new Map<number, { text: string; chunks: StreamChunk[] }>();
    for await (const chunk of chunks) {
      const choice = choices.get(chunk.index) ?? { text: '', chunks: [] };
      choices.set(chunk.index, choice);
      choice.text += chunk.text;
      choice.chunks.push(chunk);
    }
    const ordered = [...choices].sort(([a], [b]) => a - b);
    const tokens = ordered.reduce((sum, [, choice]) => sum + choice.chunks.length, 0);
    const body = {
      ...head,
      choices: ordered.map(([index, choice]) => ({
        index,
        text: choice.text,
        logprobs: told ? logprobsOf(choice.chunks, told) : null,
        finish_reason: finishReason(choice.chunks.at(-1)?.stop),
      })),
      usage: usageOf(promptTokens, tokens),
    };
    return { body };
  },
};

function promptsOf(
  { tokenizer, model }: Served,
  prompt: CompletionRequest['prompt'],
): ArrayLike<number>[] {
  const list: (string | number[])[] =
    typeof prompt === 'string' || typeof prompt[0] === 'number'
      ? [prompt as string | number[]] // a list of numbers is one prompt
      : (prompt as (string | number[])[]);
  return list.map((one) => {
    const ids = typeof one === 'string' ? tokenizer.encode(one) : one;
    if (ids.length === 0) throw new RequestError(400, 'A prompt must not be empty.');
    const bad = ids.find((id) => id >= model.config.vocabSize);
    if (bad !== undefined) throw new RequestError(400, `Token id ${bad} is out of vocabulary.`);
    return ids;
  });
}

async function* events(
  chunks: AsyncIterable<StreamChunk>,
  head: object,
  tokenizer: Tokenizer | undefined,
): AsyncGenerator<object> {
  for await (const chunk of chunks) {
    const { index, text, stop } = chunk;
    const logprobs = tokenizer ? logprobsOf([chunk], tokenizer) : null;
    yield { ...head, choices: [{ index, text, logprobs, finish_reason: finishReason(stop) }] };
  }
}

/** One event per token, and one more with their number. */
async function* withUsage(
  events: AsyncIterable<object>,
  head: object,
  promptTokens: number,
): AsyncGenerator<object> {
  let tokens = 0;
  for await (const event of events) {
    tokens++;
    yield event;
  }
  yield { ...head, choices: [], usage: usageOf(promptTokens, tokens) };
}

function logprobsOf(chunks: readonly StreamChunk[], tokenizer: Tokenizer) {
  const textOf = (id: number): string => tokenizer.decode([id], { skipUnknown: true });
  const tokens = chunks.map(({ id }) => textOf(id));
  let at = 0;
  return {
    tokens,
    token_logprobs: chunks.map(({ logprob }) => logprob),
    top_logprobs: chunks.map(({ topLogprobs }) =>
      Object.fromEntries(topLogprobs.map(({ id, logprob }) => [textOf(id), logprob])),
    ),
    text_offset: tokens.map((token) => {
      const offset = at;
      at += token.length;
      return offset;
    }),
  };
}
