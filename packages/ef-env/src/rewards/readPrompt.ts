import { EfEnvError } from '../base/errors.ts';
import { type ConversationMessage, readMessage } from '../trajectory/readMessage.ts';
import type { Opening } from '../trajectory/utterance.ts';

/** A prompt as TRL data sets store it: text, or messages. */
export type Prompt = string | readonly ConversationMessage[];

/** The `prompt` of a row, where it has one. */
export function promptColumn(row: { readonly prompt?: Prompt | undefined }): Prompt | undefined {
  return row.prompt;
}

/** @throws {EfEnvError} `task` if there is no prompt, `format` for a message that is no text of a known role. */
export function readPrompt(prompt: Prompt | undefined, caller: string): Opening {
  if (typeof prompt === 'string') return prompt;
  if (Array.isArray(prompt)) {
    return prompt.map((message, i) => readMessage(message, `${caller}: message ${i}`));
  }
  throw new EfEnvError(
    'task',
    `${caller}: a prompt must be a text or a list of messages, got ${JSON.stringify(prompt)}. Name the column with readRows' \`columns\`, or give \`prompt\`.`,
  );
}
