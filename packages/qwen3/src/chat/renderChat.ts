import { pythonJson } from './pythonJson.ts';

/** A message as chat programs send it. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  /** The thought, where it is kept apart from `content`. */
  reasoning_content?: string | null | undefined;
  tool_calls?: ({ function: ToolCall } | ToolCall)[] | null | undefined;
}

interface ToolCall {
  name: string;
  /** An object, or its JSON text. */
  arguments: unknown;
}

export interface RenderChatOptions {
  /** JSON-schema descriptions of callable functions. */
  tools?: readonly unknown[] | null | undefined;
  /** Open the assistant's next turn at the end. Default false. */
  addGenerationPrompt?: boolean | undefined;
  /** False opens it with an empty thought, which switches thinking off. Default true. */
  enableThinking?: boolean | undefined;
}

/**
 * Qwen3's chat template: messages to text, thoughts of earlier turns removed.
 *
 * A rendering is therefore **not** a prefix of the next turn's: to train on episodes use `renderSegments`.
 *
 * @example
 * renderChat([{ role: 'user', content: 'Hi' }], { addGenerationPrompt: true });
 * // '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n'
 *
 * @see https://qwen.readthedocs.io/en/latest/getting_started/concepts.html#chat-template
 */
export function renderChat(
  messages: readonly ChatMessage[],
  options: RenderChatOptions = {},
): string {
  const { tools, addGenerationPrompt = false, enableThinking = true } = options;
  const query = lastQuery(messages);
  let text = opening(messages[0], tools ?? []);
  for (const [index, message] of messages.entries()) {
    if (message.role === 'assistant') {
      text += assistantTurn(message, index > query, index === messages.length - 1);
    } else if (message.role === 'tool') {
      text += toolTurn(message, messages[index - 1], messages[index + 1]);
    } else if (message.role === 'user' || index > 0) {
      text += `<|im_start|>${message.role}\n${message.content}<|im_end|>\n`;
    }
  }
  if (!addGenerationPrompt) return text;
  return `${text}<|im_start|>assistant\n${enableThinking ? '' : '<think>\n\n</think>\n\n'}`;
}

/** The system turn: the caller's system message and, where there are tools, how to call them. */
function opening(first: ChatMessage | undefined, tools: readonly unknown[]): string {
  const system = first?.role === 'system' ? first.content : undefined;
  if (tools.length === 0) {
    return system === undefined ? '' : `<|im_start|>system\n${system}<|im_end|>\n`;
  }
  const signatures = tools.map((tool) => `\n${pythonJson(tool)}`).join('');
  return [
    '<|im_start|>system\n',
    system === undefined ? '' : `${system}\n\n`,
    '# Tools\n\nYou may call one or more functions to assist with the user query.\n\n',
    `You are provided with function signatures within <tools></tools> XML tags:\n<tools>${signatures}\n</tools>\n\n`,
    'For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n',
    '<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call><|im_end|>\n',
  ].join('');
}

/** Index of the last message of the person (not a tool's answer in a user turn): thoughts after it are kept. */
function lastQuery(messages: readonly ChatMessage[]): number {
  for (let index = messages.length - 1; index >= 0; index--) {
    const { role, content } = messages[index]!;
    const isToolAnswer =
      content.startsWith('<tool_response>') && content.endsWith('</tool_response>');
    if (role === 'user' && !isToolAnswer) return index;
  }
  return messages.length - 1;
}

function assistantTurn(message: ChatMessage, isAfterQuery: boolean, isLast: boolean): string {
  const { content, thought } = splitThought(message);
  const keepsThought = isAfterQuery && (isLast || thought !== '');
  const said = keepsThought
    ? `<think>\n${trimNewlines(thought)}\n</think>\n\n${content.replace(/^\n+/, '')}`
    : content;
  const calls = (message.tool_calls ?? []).map((call, index) => {
    const { name, arguments: args } = 'function' in call ? call.function : call;
    const json = typeof args === 'string' ? args : pythonJson(args);
    const gap = index > 0 || content !== '' ? '\n' : '';
    return `${gap}<tool_call>\n{"name": "${name}", "arguments": ${json}}\n</tool_call>`;
  });
  return `<|im_start|>assistant\n${said}${calls.join('')}<|im_end|>\n`;
}

/** The thought is given apart, or lies before the last `</think>`: then it begins after the last `<think>`. */
function splitThought(message: ChatMessage): { content: string; thought: string } {
  const { content, reasoning_content: given } = message;
  if (given !== undefined && given !== null) return { content, thought: given };
  const parts = content.split('</think>');
  if (parts.length === 1) return { content, thought: '' };
  const before = parts[0]!.replace(/\n+$/, '').split('<think>').at(-1)!;
  return { content: parts.at(-1)!.replace(/^\n+/, ''), thought: before.replace(/^\n+/, '') };
}

/** Neighbouring answers of tools share one user turn. */
function toolTurn(
  { content }: ChatMessage,
  previous: ChatMessage | undefined,
  next: ChatMessage | undefined,
): string {
  const open = previous?.role === 'tool' ? '' : '<|im_start|>user';
  const close = next?.role === 'tool' ? '' : '<|im_end|>\n';
  return `${open}\n<tool_response>\n${content}\n</tool_response>${close}`;
}

/** Newlines only: spaces, tabs and carriage returns stay. */
function trimNewlines(text: string): string {
  return text.replace(/^\n+/, '').replace(/\n+$/, '');
}
