import type { ConversationMessage } from '@molrl/ef-env';

/** A conversation to learn from. */
export interface SftRow {
  messages?: ConversationMessage[];
  prompt?: string;
  completion?: string;
}
