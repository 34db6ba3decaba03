import { EfEnvError } from '../base/errors.ts';
import type { Speaker } from './segment.ts';
import { type MessageFunction, type MessageToolCall, toolCallText } from './toolCallText.ts';
import type { Utterance } from './utterance.ts';

/** A chat message as data sets store it (the OpenAI form, which TRL and verifiers use). */
export interface ConversationMessage {
  role: string;
  /** Text, or a list of parts, all of type `'text'`; may be missing where there are tool calls or a thought. */
  content?: string | readonly MessagePart[] | null | undefined;
  /** The thought before the text, of servers and data sets that keep it apart. */
  reasoning_content?: string | null | undefined;
  /** The same in vLLM and OpenRouter. */
  reasoning?: string | null | undefined;
  /** The same in gpt-oss and Ollama. */
  thinking?: string | null | undefined;
  tool_calls?: readonly MessageToolCall[] | null | undefined;
  /** A call in OpenAI's first form; its answer has the role `function`. */
  function_call?: MessageFunction | null | undefined;
}

export interface MessagePart {
  type: string;
  text?: string | null | undefined;
}

const SPEAKERS: readonly string[] = ['system', 'user', 'assistant', 'tool'] satisfies Speaker[];

/**
 * What a message says and who says it, written as Qwen3's template writes it: a thought as
 * `<think>\n...\n</think>\n\n` before the text, tool calls as `<tool_call>\n{"name": ..., "arguments": ...}\n</tool_call>`
 * after it.
 *
 * @param where - What errors call the message.
 * @throws {EfEnvError} `format` for what is no message, another role, a part that is not text, a tool call that cannot
 * be written, or nothing at all.
 */
export function readMessage(message: ConversationMessage, where: string): Utterance {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    throw new EfEnvError(
      'format',
      `${where} must be { role, content }, got ${JSON.stringify(message)}.`,
    );
  }
  const { role: given, content, reasoning_content, reasoning, thinking } = message;
  const thought = [reasoning_content, reasoning, thinking].find((text) => text);
  const role = given === 'function' ? 'tool' : given;
  const calls = callsOf(message, where).map((call) => toolCallText(call, where));
  const text = typeof content === 'string' ? content : partsText(content, where);
  const thinks = typeof thought === 'string';
  if (!SPEAKERS.includes(role) || (text === null && calls.length === 0 && !thinks)) {
    throw new EfEnvError(
      'format',
      `${where} needs a role (${SPEAKERS.join(', ')}) and a text, has role '${role}' and ${text === null ? `content ${JSON.stringify(content)}` : 'a text'}.`,
    );
  }
  const said = [text, ...calls].filter(Boolean).join('\n');
  return { speaker: role as Speaker, text: thinks ? withThought(thought, said) : said }; // just tested
}

/** As Qwen3's template does: line ends around the thought are its own. */
function withThought(thought: string, said: string): string {
  return `<think>\n${thought.replace(/^\n+|\n+$/g, '')}\n</think>\n\n${said.replace(/^\n+/, '')}`;
}

function callsOf(
  { tool_calls, function_call }: ConversationMessage,
  where: string,
): MessageToolCall[] {
  const calls = tool_calls ?? [];
  if (!Array.isArray(calls)) {
    throw new EfEnvError(
      'format',
      `${where} has tool_calls that are no list: ${JSON.stringify(calls)}.`,
    );
  }
  return function_call ? [...calls, function_call] : calls;
}

function partsText(content: unknown, where: string): string | null {
  if (content === undefined || content === null) return null;
  if (!Array.isArray(content)) {
    throw new EfEnvError(
      'format',
      `${where} needs a role (${SPEAKERS.join(', ')}) and a text, has content ${JSON.stringify(content)?.slice(0, 80)}: write it as text.`,
    );
  }
  const texts = content.map((part: MessagePart) => {
    if (part?.type === 'text' && typeof part.text === 'string') return part.text;
    throw new EfEnvError(
      'format',
      `${where} has a part of type '${part?.type}'. Only text can be read: leave such rows out.`,
    );
  });
  return texts.join('');
}
