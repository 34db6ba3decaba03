import { EfEnvError } from '../base/errors.ts';
import { readOptions } from '../base/readOptions.ts';
import { type ConversationMessage, readMessage } from './readMessage.ts';
import type { RewardSpan, Segment } from './segment.ts';
import type { Trajectory } from './trajectory.ts';

/** A row of TRL or verifiers: `messages`, or `prompt` and `completion` as text or messages. */
export interface ConversationRow {
  messages?: readonly ConversationMessage[] | null | undefined;
  prompt?: string | readonly ConversationMessage[] | null | undefined;
  completion?: string | readonly ConversationMessage[] | null | undefined;
  reward?: number | null | undefined;
}

export interface ImportConversationOptions {
  /** Unique in your collection. */
  id: string;
  /** Stored as the trajectory's environment. Default `'conversation'`. */
  env?: string | undefined;
  /** Kept as the task. Default `null`. */
  data?: unknown;
  /** Marks parts of an environment message, as spans. Default: none. */
  mark?: ((text: string) => RewardSpan[]) | undefined;
}

/**
 * A stored conversation as a trajectory: what stands before the first assistant message is the prompt (with `prompt`
 * and `completion`: the whole prompt, assistant messages included), later assistant messages are the policy's, all
 * others answer them. Texts stay as they are; thoughts that are kept apart (`reasoning_content`) and tool calls become text
 * as Qwen3's template writes them, see {@link readMessage}.
 *
 * @throws {EfEnvError} `format` if the policy says nothing, for a message without role and text, or a reward that is
 * no number.
 *
 * @example
 * const row = { prompt: '1 + 1?', completion: '2', reward: 1 };
 * importConversation(row, { id: 'a' }).segments.length; // 2
 */
export function importConversation(
  row: ConversationRow,
  options: ImportConversationOptions,
): Trajectory {
  const {
    id,
    env = 'conversation',
    data = null,
    mark,
  } = readOptions('importConversation', options, {
    id: 'required',
    env: 'optional',
    data: 'null',
    mark: 'optional',
  });
  if (typeof row !== 'object' || row === null) {
    throw new EfEnvError('format', `importConversation: '${id}' must be a row, got ${row}.`);
  }
  const listed = (name: 'messages' | 'prompt' | 'completion', role: string) =>
    asMessages(row[name], role, `importConversation: ${name} of '${id}'`);
  const prompt = listed('prompt', 'user');
  const messages = row.messages
    ? listed('messages', 'user')
    : [...prompt, ...listed('completion', 'assistant')];
  const asked = row.messages ? 0 : prompt.length;
  const segments: Segment[] = [];
  let turn = -1; // of the last attempt
  for (const [i, message] of messages.entries()) {
    const said = readMessage(message, `importConversation: message ${i} of '${id}'`);
    if (said.speaker === 'assistant' && i >= asked) {
      turn += 1;
      segments.push({ ...said, kind: 'policy', turn });
    } else if (turn < 0) segments.push({ ...said, kind: 'prompt', turn: 0 });
    else {
      const spans = mark?.(said.text) ?? [];
      segments.push({ ...said, kind: 'environment', turn, ...(spans.length > 0 && { spans }) });
    }
  }
  const { reward = null } = row;
  if (turn < 0 || (reward !== null && !Number.isFinite(reward))) {
    throw new EfEnvError(
      'format',
      `importConversation: '${id}' ${turn < 0 ? 'has no assistant message to learn from' : `has the reward ${reward}, which is no number`}.`,
    );
  }
  return { version: 1, id, task: { env, data, seed: 0 }, segments, reward, stop: 'done' };
}

function asMessages(
  part: ConversationRow['prompt'],
  role: string,
  where: string,
): readonly ConversationMessage[] {
  if (part === undefined || part === null) return [];
  if (Array.isArray(part)) return part;
  if (typeof part === 'string') return [{ role, content: part }];
  throw new EfEnvError(
    'format',
    `${where} must be a text or a list of messages, got ${typeof part}.`,
  );
}
