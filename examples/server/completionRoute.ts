import { type StreamChunk, stream, type Tokenizer } from '@molrl/qwen3';
import { finishReason } from './chatAnswer.ts';
import { now, usageOf } from './chatRoute.ts';
import { type CompletionRequest, completionRequest } from './openAiRequest.ts';
import { promptScores, type ScoredToken } from './promptScores.ts';
import { RequestError } from './requestError.ts';
import type { Route } from './route.ts';
import { checkModelName, generateOptions, roomAfter, type Served } from './served.ts';

/** As the API has it. */
const USUAL_TOKENS = 16;

/** `POST /v1/completions` */
export const completionRoute: Route<typeof completionRequest> = {
  schema: completionRequest,
  async answer(served, request, signal) {
    checkModelName(served, request.model);
    const { tokenizer } = served;
    const promptIds = promptsOf(served, request.prompt);
    const maxTokens = request.max_tokens ?? USUAL_TOKENS;
    const asked = { promptIds, maxTokens, topLogprobs: request.logprobs ?? 0, signal };
    if (maxTokens === 0) roomAfter(served.model, promptIds, 0);
    const chunks =
      maxTokens === 0
        ? nothing()
        : stream(served.model, promptIds, generateOptions(served, request, asked));
    const head = {
      id: `cmpl-${crypto.randomUUID()}`,
      object: 'text_completion',
      created: now(),
      model: served.name,
    };
    const told = typeof request.logprobs === 'number' ? tokenizer : undefined;
    const promptTokens = promptIds.reduce((sum, { length }) => sum + length, 0);
    const echoes = request.echo ? await echoesOf(served, request, promptIds) : [];
    const pieces = piecesOf(echoes, chunks);
    if (request.stream) {
      const usage = request.stream_options?.include_usage ? promptTokens : undefined;
      return { events: events(pieces, { head, told, promptTokens: usage }) };
    }
    const choices = new Map<number, Piece[]>();
    let tokens = 0;
    for await (const piece of pieces) {
      const parts = choices.get(piece.index) ?? [];
      choices.set(piece.index, parts);
      parts.push(piece);
      tokens += piece.drawn;
    }
    const ordered = [...choices].sort(([a], [b]) => a - b);
    const body = {
      ...head,
      choices: ordered.map(([index, parts]) => ({
        index,
        text: parts.map(({ text }) => text).join(''),
        logprobs: told
          ? logprobsOf(
              parts.flatMap((part) => part.tokens),
              { tokenizer: told },
            )
          : null,
        finish_reason: finishReason(parts.at(-1)?.stop),
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

/** An evaluation by likelihood draws no token. */
async function* nothing(): AsyncGenerator<StreamChunk> {}

/** What a choice grows by: its prompt first, where that is echoed, then token by token. */
interface Piece {
  index: number;
  text: string;
  tokens: ScoredToken[];
  /** Tokens among them that were drawn. */
  drawn: number;
  stop: StreamChunk['stop'];
}

/** The prompts as pieces of their completions; without tokens to draw that is all. */
async function echoesOf(
  { model, tokenizer }: Served,
  request: CompletionRequest,
  promptIds: readonly ArrayLike<number>[],
): Promise<Piece[]> {
  const { n, logprobs, max_tokens: maxTokens } = request;
  const stop = maxTokens === 0 ? 'length' : undefined;
  const pieces: Piece[] = [];
  for (const ids of promptIds) {
    const tokens = typeof logprobs === 'number' ? await promptScores(model, ids, logprobs) : [];
    const text = tokenizer.decode(Array.from(ids), { skipUnknown: true });
    for (let copy = 0; copy < (n ?? 1); copy++)
      pieces.push({ index: pieces.length, text, tokens, drawn: 0, stop });
  }
  return pieces;
}

async function* piecesOf(
  echoes: readonly Piece[],
  chunks: AsyncIterable<StreamChunk>,
): AsyncGenerator<Piece> {
  yield* echoes;
  for await (const { index, text, id, logprob, topLogprobs, stop } of chunks)
    yield { index, text, tokens: [{ id, logprob, topLogprobs }], drawn: 1, stop };
}

/** One event per piece; at the end one with the usage, where it is asked for. */
async function* events(
  pieces: AsyncIterable<Piece>,
  {
    head,
    told,
    promptTokens,
  }: { head: object; told: Tokenizer | undefined; promptTokens?: number | undefined },
): AsyncGenerator<object> {
  const offsets = new Map<number, number>();
  let tokens = 0;
  for await (const { index, text, tokens: scored, drawn, stop } of pieces) {
    tokens += drawn;
    const offset = offsets.get(index) ?? 0;
    const logprobs = told ? logprobsOf(scored, { tokenizer: told, offset }) : null;
    offsets.set(index, offset + (logprobs?.tokens.join('').length ?? 0));
    yield { ...head, choices: [{ index, text, logprobs, finish_reason: finishReason(stop) }] };
  }
  if (promptTokens === undefined) return;
  yield { ...head, choices: [], usage: usageOf(promptTokens, tokens) };
}

function logprobsOf(
  scored: readonly ScoredToken[],
  { tokenizer, offset = 0 }: { tokenizer: Tokenizer; offset?: number },
) {
  const textOf = (id: number): string => tokenizer.decode([id], { skipUnknown: true });
  const tokens = scored.map(({ id }) => textOf(id));
  let at = offset;
  return {
    tokens,
    token_logprobs: scored.map(({ logprob }) => logprob),
    top_logprobs: scored.map(({ logprob, topLogprobs }) =>
      logprob === null
        ? null
        : Object.fromEntries(topLogprobs.map((top) => [textOf(top.id), top.logprob])),
    ),
    text_offset: tokens.map((token) => {
      const start = at;
      at += token.length;
      return start;
    }),
  };
}
