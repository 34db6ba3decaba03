import { EfEnvError } from '../../base/errors.ts';
import type { ToolDescription } from '../../text/toolSchemas.ts';
import { excerpt, isRecord } from '../remote/json.ts';

/** A piece of a text, or an image as base64. */
export type OpenRewardBlock =
  | { type: 'text'; text: string }
  | { type: 'image'; data: string; mimeType: string };

/** A piece of a message; thoughts and calls are the assistant's, results of tools the user's. */
export type OpenRewardMessageBlock =
  | OpenRewardBlock
  | { type: 'reasoning'; text: string }
  | { type: 'tool_call'; id: string; name: string; input: Record<string, unknown> }
  | { type: 'tool_result'; tool_call_id: string; blocks: OpenRewardBlock[] };

/** A turn of the conversation that a task begins with. */
export interface OpenRewardMessage {
  role: 'system' | 'user' | 'assistant';
  blocks: OpenRewardMessageBlock[];
}

export interface OpenRewardTools {
  tools: ToolDescription[];
  /** What judges the policy's first turn without a call; `arg` is the argument that takes the text, `null` = none does. */
  terminalTool: { name: string; arg: string | null; description: string } | null;
}

/** What a tool answered. */
export interface OpenRewardOutput {
  blocks: OpenRewardBlock[];
  /** For debugging, or the truth: never shown to a policy. */
  metadata: Readonly<Record<string, unknown>> | null;
  /** `null` = not scored. */
  reward: number | null;
  /** The episode is over. */
  finished: boolean;
}

export interface OpenRewardSplit {
  name: string;
  /** What it is for: `'train'`, `'validation'` or `'test'`. */
  type: string;
}

/** Reads an answer; `undefined` = it is another one. */
export type AnswerReader<T> = (data: unknown) => T | undefined;

/** @throws {EfEnvError} `server` if `data` is not what `read` reads. */
export function readAnswer<T>(what: string, data: unknown, [wanted, read]: Answer<T>): T {
  const answer = read(data);
  if (answer !== undefined) return answer;
  throw unexpected(what, wanted, JSON.stringify(data));
}

/** An answer in words, for errors, and how it is read. */
export type Answer<T> = readonly [wanted: string, read: AnswerReader<T>];

/** The error for an answer that is none. */
export function unexpected(what: string, wanted: string, got: unknown): EfEnvError {
  return new EfEnvError(
    'server',
    `openReward: ${what} must be answered with ${wanted}, got ${excerpt(got)}. Is the url that of a server of ORS (the packages openreward, ors-sdk)?`,
  );
}

const all = <T>(data: unknown, read: AnswerReader<T>): T[] | undefined => {
  if (!Array.isArray(data)) return undefined;
  const items = data.map(read).filter((item) => item !== undefined);
  return items.length === data.length ? items : undefined;
};

const block: AnswerReader<OpenRewardBlock> = (data) => {
  if (!isRecord(data)) return undefined;
  const { type, text, data: image, mimeType } = data;
  if (type === 'text' && typeof text === 'string') return { type, text };
  if (type !== 'image' || typeof image !== 'string' || typeof mimeType !== 'string')
    return undefined;
  return { type, data: image, mimeType };
};

const messageBlock: AnswerReader<OpenRewardMessageBlock> = (data) => {
  if (!isRecord(data)) return undefined;
  const { type, text, id, name, input, tool_call_id } = data;
  if (type === 'reasoning') return typeof text === 'string' ? { type, text } : undefined;
  if (type === 'tool_call') {
    const known = typeof id === 'string' && typeof name === 'string' && isRecord(input);
    return known ? { type, id, name, input } : undefined;
  }
  if (type !== 'tool_result') return block(data);
  const blocks = all(data.blocks, block);
  return blocks && typeof tool_call_id === 'string' ? { type, tool_call_id, blocks } : undefined;
};

const message: AnswerReader<OpenRewardMessage> = (data) => {
  if (!isRecord(data)) return undefined;
  const { role } = data;
  const blocks = all(data.blocks, messageBlock);
  const known = role === 'system' || role === 'user' || role === 'assistant';
  return known && blocks ? { role, blocks } : undefined;
};

const text: AnswerReader<string> = (data) => (typeof data === 'string' ? data : undefined);

const tool: AnswerReader<ToolDescription> = (data) => {
  if (!isRecord(data) || typeof data.name !== 'string') return undefined;
  const { name, description, input_schema: schema } = data;
  const parameters = isRecord(schema) ? schema : { type: 'object', properties: {} };
  return { name, description: text(description) ?? '', parameters };
};

const tools: AnswerReader<OpenRewardTools> = (data) => {
  const listed = isRecord(data) && all(data.tools, tool);
  if (!listed) return undefined;
  const { terminal_tool: terminal } = data;
  if (!isRecord(terminal) || typeof terminal.name !== 'string')
    return { tools: listed, terminalTool: null };
  const { name, arg, description } = terminal;
  const terminalTool = { name, arg: text(arg) ?? null, description: text(description) ?? '' };
  return { tools: listed, terminalTool };
};

/** A result of a call: its output, or why there is none. */
type CallResult = OpenRewardOutput | { code: string; message: string };

const callResult: AnswerReader<CallResult> = (data) => {
  if (!isRecord(data)) return undefined;
  if (data.ok === false) {
    return { code: text(data.reason) ?? 'REFUSED', message: text(data.error) ?? 'no reason given' };
  }
  if (data.ok !== true || !isRecord(data.output)) return undefined;
  const { metadata, reward = null, finished = false } = data.output;
  const blocks = all(data.output.blocks, block);
  const scored = reward === null || typeof reward === 'number';
  if (!blocks || !scored || typeof finished !== 'boolean') return undefined;
  return { blocks, metadata: isRecord(metadata) ? metadata : null, reward, finished };
};

const fieldOf = (data: unknown, name: string): unknown => (isRecord(data) ? data[name] : undefined);

const spec: AnswerReader<Record<string, unknown>> = (data) => (isRecord(data) ? data : undefined);

const count: AnswerReader<number> = (data) => (Number.isInteger(data) ? Number(data) : undefined);

const split: AnswerReader<OpenRewardSplit> = (data) => {
  if (!isRecord(data) || typeof data.name !== 'string') return undefined;
  return { name: data.name, type: text(data.type) ?? 'validation' };
};

/** What each endpoint answers. */
export const ANSWERS: {
  prompt: Answer<OpenRewardBlock[]>;
  messages: Answer<OpenRewardMessage[]>;
  tools: Answer<OpenRewardTools>;
  call: Answer<CallResult>;
  names: Answer<string[]>;
  splits: Answer<OpenRewardSplit[]>;
  tasks: Answer<Record<string, unknown>[]>;
  task: Answer<Record<string, unknown>>;
  count: Answer<number>;
} = {
  prompt: ['a list of blocks', (data) => all(data, block)],
  messages: ['a list of messages', (data) => all(data, message)],
  tools: ['{"tools":[...]}', tools],
  call: ['{"ok":true,"output":{"blocks":[...],...}}', callResult],
  names: ['a list of names', (data) => all(data, text)],
  splits: ['[{"name":...,"type":...}]', (data) => all(data, split)],
  tasks: ['{"tasks":[...]}', (data) => all(fieldOf(data, 'tasks'), spec)],
  task: ['{"task":{...}}', (data) => spec(fieldOf(data, 'task'))],
  count: ['{"num_tasks":...}', (data) => count(fieldOf(data, 'num_tasks'))],
};
