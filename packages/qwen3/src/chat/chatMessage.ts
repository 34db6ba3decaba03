import { Qwen3Error } from '../base/errors.ts';
import { checkChoice, checkList } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { pythonJson } from './pythonJson.ts';
import { SPEAKERS } from './specials.ts';

/** A message as chat programs send it. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  /** Text, or parts of it. `null` or missing (beside `tool_calls`) is no text; a tool's answer must be one. */
  content?: string | readonly TextPart[] | null | undefined;
  /** The thought, where it is kept apart from `content`. */
  reasoning_content?: string | null | undefined;
  tool_calls?: readonly ({ function: ToolCall } | ToolCall)[] | null | undefined;
}

export interface TextPart {
  type: 'text';
  text: string;
}

export interface ToolCall {
  name: string;
  /** An object, or its JSON text, written as it is; an empty text, which servers send for a call without any, is `{}`. */
  arguments: unknown;
}

/** A message that has been checked: all that the template asks of it. */
export interface ReadMessage {
  role: ChatMessage['role'];
  content: string;
  /** `undefined`: look for it in `content`. */
  thought: string | undefined;
  /** Arguments as JSON text. */
  calls: { name: string; args: string }[];
}

/** @throws {Qwen3Error} `option` that names the message by its index. */
export function readChatMessages(caller: string, messages: readonly ChatMessage[]): ReadMessage[] {
  checkList(`${caller}: messages`, messages);
  return messages.map((message, index) => readMessage(`${caller}: message ${index}`, message));
}

function readMessage(where: string, message: ChatMessage | null | undefined): ReadMessage {
  if (typeof message !== 'object' || message === null) {
    throw new Qwen3Error(
      'option',
      `${where} must be { role, content }, got ${showValue(message)}.`,
    );
  }
  const { role, reasoning_content: thought } = message;
  checkChoice(`${where}: role`, role, SPEAKERS);
  refuseUnwritten(where, message);
  if (thought !== undefined && thought !== null && typeof thought !== 'string') {
    throw new Qwen3Error(
      'option',
      `${where}: reasoning_content must be a text, got ${showValue(thought)}.`,
    );
  }
  return {
    role,
    content: readContent(where, message),
    thought: thought ?? undefined,
    calls: readCalls(where, message),
  };
}

/** What chat programs put beside `content` and the template would drop without a word. */
const UNWRITTEN: Record<string, string> = {
  function_call: 'Make it tool_calls: [{ function: ... }].',
  reasoning: 'Call it reasoning_content.',
  thinking: 'Call it reasoning_content.',
};

function refuseUnwritten(where: string, message: ChatMessage): void {
  const given = message as unknown as Record<string, unknown>; // a program's message has more fields
  for (const [field, fix] of Object.entries(UNWRITTEN)) {
    if (!given[field]) continue;
    throw new Qwen3Error(
      'option',
      `${where} has ${field} = ${showValue(given[field])}, which the template does not write. ${fix}`,
    );
  }
  if (message.role !== 'assistant' && message.reasoning_content) {
    throw new Qwen3Error(
      'option',
      `${where} (${message.role}) has reasoning_content: only the assistant thinks.`,
    );
  }
}

function readContent(where: string, { role, content }: ChatMessage): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) {
    return content.map((part, i) => readPart(`${where}: content[${i}]`, part)).join('');
  }
  if ((content === undefined || content === null) && role !== 'tool') return '';
  const fix =
    role === 'tool'
      ? 'Write a tool’s answer as text, with JSON.stringify for example; one that has nothing to say is an empty text'
      : 'Write it as text';
  throw new Qwen3Error(
    'option',
    `${where} (${role}): content must be a text or a list of text parts, got ${showValue(content)}. ${fix}.`,
  );
}

function readPart(where: string, part: Partial<TextPart> | null | undefined): string {
  if (part?.type === 'text' && typeof part.text === 'string') return part.text;
  throw new Qwen3Error(
    'option',
    `${where} must be { type: 'text', text }, got ${part?.type === undefined ? showValue(part) : `type ${showValue(part.type)}`}. The model reads text only.`,
  );
}

function readCalls(where: string, { role, tool_calls: calls }: ChatMessage): ReadMessage['calls'] {
  if (calls === undefined || calls === null) return [];
  if (!Array.isArray(calls)) {
    throw new Qwen3Error('option', `${where}: tool_calls must be a list, got ${showValue(calls)}.`);
  }
  if (calls.length > 0 && role !== 'assistant') {
    throw new Qwen3Error('option', `${where} (${role}) has tool_calls: only the assistant calls.`);
  }
  return calls.map((call, i) => readCall(`${where}: tool_calls[${i}]`, call));
}

function readCall(where: string, call: unknown): { name: string; args: string } {
  const inner = isObject(call) && isObject(call.function) ? call.function : call;
  if (!isObject(inner)) {
    throw new Qwen3Error(
      'option',
      `${where} must be { name, arguments }, got ${showValue(inner)}.`,
    );
  }
  const { name, arguments: args } = inner as Partial<ToolCall>; // both are checked
  if (typeof name !== 'string' || name === '') {
    throw new Qwen3Error('option', `${where}: name must be a text, got ${showValue(name)}.`);
  }
  if (args === undefined) {
    throw new Qwen3Error('option', `${where} (${name}) has no arguments. Without any, write {}.`);
  }
  if (typeof args === 'string') return { name, args: args.trim() === '' ? '{}' : args };
  return { name, args: pythonJson(`${where} (${name}): arguments`, args) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
