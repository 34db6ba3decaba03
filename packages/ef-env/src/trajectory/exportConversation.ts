import { checkList } from '../base/checkData.ts';
import type { ConversationMessage } from './readMessage.ts';
import type { Segment } from './segment.ts';
import type { Trajectory } from './trajectory.ts';

/** A row as TRL's trainers read it: prompt and completion as messages. */
export interface ExportedConversation {
  id: string;
  prompt: ConversationMessage[];
  /** The policy's messages and what the environment answered to them, in their order. */
  completion: ConversationMessage[];
  reward: number | null;
}

/**
 * A trajectory as a row for trainers elsewhere: TRL's conversational prompt and completion. The inverse of
 * `importConversation`, as far as such a row goes: turns, texts and the reward; not spans, tokens and metrics.
 *
 * @example
 * const row = { prompt: '1 + 1?', completion: '2', reward: 1 };
 * exportConversation(importConversation(row, { id: 'a' })).completion; // [{ role: 'assistant', content: '2' }]
 */
export function exportConversation(trajectory: Trajectory): ExportedConversation {
  const { id, segments, reward } = Object(trajectory) as Trajectory; // checked here
  checkList('exportConversation', 'segments', segments);
  const asked = segments.filter(({ kind }) => kind === 'prompt');
  const said = segments.filter(({ kind }) => kind !== 'prompt');
  return { id, prompt: asked.map(asMessage), completion: said.map(asMessage), reward };
}

const asMessage = ({ speaker, text }: Segment): ConversationMessage => ({
  role: speaker,
  content: text,
});
