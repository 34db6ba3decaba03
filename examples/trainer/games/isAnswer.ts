import { parseAnswer } from '@molrl/ef-env';

/** Whether what follows the last thought, or all where there is none, is the answer of a row. */
export const isAnswer = (text: string, answer: unknown): boolean =>
  (parseAnswer(text) ?? text.trim()) === String(answer).trim();
