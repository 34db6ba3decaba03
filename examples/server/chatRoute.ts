import { type ChatAnswer, type ChatDelta, chatAnswer } from './chatAnswer.ts';
import { chatRequest } from './openAiRequest.ts';
import type { Route } from './route.ts';

/** `POST /v1/chat/completions` */
export const chatRoute: Route<typeof chatRequest> = {
  schema: chatRequest,
  async answer(served, request, signal) {
    const answer = chatAnswer(served, request, signal);
    const head = { id: `chatcmpl-${crypto.randomUUID()}`, created: now(), model: served.name };
    if (request.stream)
      return { events: events(answer, head, request.stream_options?.include_usage ?? false) };
    const choices = new Map<number, Choice>();
    let tokens = 0;
    for await (const delta of answer.deltas) {
      tokens++;
      const choice = choices.get(delta.index) ?? {
        content: '',
        calls: [],
        logprobs: [],
        reason: null,
      };
      choices.set(delta.index, choice);
      choice.content += delta.content;
      choice.calls.push(...delta.toolCalls);
      choice.logprobs.push(...(delta.logprobs ?? []));
      choice.reason = delta.finishReason;
    }
    const body = {
      ...head,
      object: 'chat.completion',
      choices: [...choices]
        .sort(([a], [b]) => a - b)
        .map(([index, { content, calls, logprobs, reason }]) => ({
          index,
          message: {
            role: 'assistant',
            content: content === '' && calls.length > 0 ? null : content,
            refusal: null,
            ...(calls.length > 0 && { tool_calls: calls.map(({ index: _, ...call }) => call) }),
          },
          logprobs: request.logprobs ? { content: logprobs, refusal: null } : null,
          finish_reason: reason,
        })),
      usage: usageOf(answer.promptTokens, tokens),
    };
    return { body };
  },
};

interface Choice {
  content: string;
  calls: ChatDelta['toolCalls'];
  logprobs: NonNullable<ChatDelta['logprobs']>;
  reason: ChatDelta['finishReason'];
}

async function* events(
  { deltas, promptTokens }: ChatAnswer,
  head: object,
  includeUsage: boolean,
): AsyncGenerator<object> {
  const chunk = { ...head, object: 'chat.completion.chunk' };
  const begun = new Set<number>();
  let tokens = 0;
  for await (const { index, content, toolCalls, logprobs, finishReason } of deltas) {
    tokens++;
    const delta = {
      ...(!begun.has(index) && { role: 'assistant' }),
      content,
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
    };
    begun.add(index);
    const told = logprobs ? { content: logprobs, refusal: null } : null;
    yield { ...chunk, choices: [{ index, delta, logprobs: told, finish_reason: finishReason }] };
  }
  if (includeUsage) yield { ...chunk, choices: [], usage: usageOf(promptTokens, tokens) };
}

export const now = (): number => Math.floor(Date.now() / 1000);

export function usageOf(promptTokens: number, completionTokens: number) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
