/** Texts of a conversation: the user's and the assistant's in turn. */
export type Turns = readonly Turn[];

/** A text to learn to say; or a mistake, which is context for what is said of it and not to be learned. */
export type Turn = string | { mistake: string };
