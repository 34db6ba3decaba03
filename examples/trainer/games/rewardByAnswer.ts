import type { ConversationMessage, RewardFunction } from '@molrl/ef-env';
import { isAnswer } from './isAnswer.ts';

/** A row of the user's: a prompt and whatever the reward reads. */
export interface PromptRow {
  prompt: string | readonly ConversationMessage[];
  [column: string]: unknown;
}

/** 1 for exactly the row's `answer`, else 0. */
export const rewardByAnswer: RewardFunction<PromptRow> = (texts, { answer }) =>
  texts.map((text, i) => Number(isAnswer(text, answer?.[i])));
