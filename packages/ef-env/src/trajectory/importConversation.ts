import { EfEnvError } from '../errors.ts';
import type { RewardSpan, Segment, Speaker } from './segment.ts';
import type { Trajectory } from './trajectory.ts';

/** A chat message as data sets store it. */
export interface ConversationMessage {
  role: string;
  content: string;
}

/** A row of TRL or verifiers: `messages`, or `prompt` and `completion` as text or messages. */
export interface ConversationRow {
  messages?: readonly ConversationMessage[] | undefined;
  prompt?: string | readonly ConversationMessage[] | undefined;
  completion?: string | readonly ConversationMessage[] | undefined;
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

const SPEAKERS: readonly string[] = ['system', 'user', 'assistant', 'tool'] satisfies Speaker[];

/**
 * A stored conversation as a trajectory: what stands before the first assistant message is the prompt,
 * assistant messages are the policy's, all others answer them. Texts stay as they are.
 *
 * @throws {EfEnvError} `format` if there is no assistant message, or a message without role and text.
 *
 * @example
 * const row = { prompt: '1 + 1?', completion: '2', reward: 1 };
 * importConversation(row, { id: 'a' }).segments.length; // 2
 */
export function importConversation(
  row: ConversationRow,
  options: ImportConversationOptions,
): Trajectory {
  const { id, env = 'conversation', data = null, mark } = options;
  const messages = row.messages ?? [
    ...asMessages(row.prompt, 'user'),
    ...asMessages(row.completion, 'assistant'),
  ];
  const segments: Segment[] = [];
  let turn = 0;
  let answered = false;
  for (const [i, { role, content }] of messages.entries()) {
    if (!SPEAKERS.includes(role) || typeof content !== 'string') {
      throw new EfEnvError(
        'format',
        `importConversation: message ${i} of '${id}' needs a role (${SPEAKERS.join(', ')}) and a text, has role '${role}' and ${typeof content}.`,
      );
    }
    const speaker = role as Speaker; // just tested
    if (speaker === 'assistant') {
      if (answered) turn += 1;
      answered = true;
      segments.push({ speaker, kind: 'policy', turn, text: content });
    } else if (!answered) segments.push({ speaker, kind: 'prompt', turn: 0, text: content });
    else {
      const spans = mark?.(content) ?? [];
      segments.push({
        speaker,
        kind: 'environment',
        turn,
        text: content,
        ...(spans.length > 0 && { spans }),
      });
    }
  }
  if (!answered)
    throw new EfEnvError('format', `importConversation: '${id}' has no assistant message.`);
  return {
    version: 1,
    id,
    task: { env, data, seed: 0 },
    segments,
    reward: row.reward ?? null,
    stop: 'done',
  };
}

function asMessages(
  part: string | readonly ConversationMessage[] | undefined,
  role: string,
): readonly ConversationMessage[] {
  if (part === undefined) return [];
  return typeof part === 'string' ? [{ role, content: part }] : part;
}
