import { type ChatMessage, type StreamChunk, stream, type Tokenizer } from '@molrl/qwen3';
import type { ChatRequest } from './openAiRequest.ts';
import { checkModelName, generateOptions, type Served } from './served.ts';
import { type FoundCall, ToolCallReader } from './toolCalls.ts';

/** What a choice grew by. */
export interface ChatDelta {
  index: number;
  content: string;
  toolCalls: { index: number; id: string; type: 'function'; function: FoundCall }[];
  logprobs: TokenLogprob[] | undefined;
  finishReason: 'stop' | 'length' | 'tool_calls' | null;
}

/** A token as `logprobs.content` lists it. */
export interface TokenLogprob {
  token: string;
  logprob: number;
  bytes: number[] | null;
  top_logprobs: Omit<TokenLogprob, 'top_logprobs'>[];
}

export interface ChatAnswer {
  promptTokens: number;
  deltas: AsyncGenerator<ChatDelta>;
}

/** Begins to answer. @throws {RequestError} for what cannot be answered. */
export function chatAnswer(served: Served, request: ChatRequest, signal: AbortSignal): ChatAnswer {
  checkModelName(served, request.model);
  const { tools, chat_template_kwargs: template, tool_choice: choice } = request;
  const offered = choice === 'none' ? [] : (tools ?? []);
  const promptIds = [
    served.encodeChat({
      messages: request.messages.map(chatMessage),
      tools: offered,
      enableThinking: template?.enable_thinking ?? true,
    }),
  ];
  const maxTokens =
    request.max_completion_tokens ??
    request.max_tokens ??
    served.model.config.maxPositionEmbeddings;
  const topLogprobs = request.logprobs ? (request.top_logprobs ?? 0) : 0;
  const options = generateOptions(served, request, { promptIds, maxTokens, topLogprobs, signal });
  const chunks = stream(served.model, promptIds, options);
  const hasTools = offered.length > 0;
  const deltas = readDeltas(chunks, {
    ...{ hasTools, opening: served.opening ?? '' },
    ...(request.logprobs && { tokenizer: served.tokenizer }),
  });
  return { promptTokens: promptIds[0]!.length, deltas };
}

async function* readDeltas(
  chunks: AsyncIterable<StreamChunk>,
  { hasTools, opening, tokenizer }: { hasTools: boolean; opening: string; tokenizer?: Tokenizer },
): AsyncGenerator<ChatDelta> {
  const readers = new Map<number, { reader: ToolCallReader; calls: number }>();
  for await (const chunk of chunks) {
    const { index, text, stop } = chunk;
    const begun = readers.has(index) ? '' : opening;
    const own = readers.get(index) ?? { reader: new ToolCallReader(), calls: 0 };
    readers.set(index, own);
    const found = hasTools ? own.reader.push(text) : { content: text, calls: [] };
    const rest = stop === undefined ? '' : own.reader.end();
    const toolCalls = found.calls.map((call) => ({
      index: own.calls++,
      id: `call_${crypto.randomUUID()}`,
      type: 'function' as const,
      function: call,
    }));
    const ended = own.calls > 0 && stop === 'eos' ? 'tool_calls' : finishReason(stop);
    const logprobs = tokenizer && [tokenLogprob(chunk, tokenizer)];
    const content = begun + found.content + rest;
    yield { index, content, toolCalls, logprobs, finishReason: ended };
  }
}

export function finishReason(stop: StreamChunk['stop']): 'stop' | 'length' | null {
  if (stop === undefined) return null;
  return stop === 'length' ? 'length' : 'stop';
}

function tokenLogprob(
  { id, logprob, topLogprobs }: StreamChunk,
  tokenizer: Tokenizer,
): TokenLogprob {
  const told = (token: number, value: number) => {
    const text = tokenizer.decode([token], { skipUnknown: true });
    const bytes = text.includes('\ufffd') ? null : [...new TextEncoder().encode(text)];
    return { token: text, logprob: value, bytes };
  };
  return {
    ...told(id, logprob),
    top_logprobs: topLogprobs.map((entry) => told(entry.id, entry.logprob)),
  };
}

/** A message in the template's words. */
function chatMessage(message: ChatRequest['messages'][number]): ChatMessage {
  const { role, content, tool_calls: calls } = message;
  const reasoning = message.reasoning_content;
  return {
    role: role === 'developer' ? 'system' : role,
    content,
    ...(typeof reasoning === 'string' && { reasoning_content: reasoning }),
    tool_calls: calls?.map((call) => ({ function: call.function })),
  };
}
