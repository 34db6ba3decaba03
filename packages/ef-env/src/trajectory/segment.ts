/** Who speaks. Chat formats turn it into their role names. */
export type Speaker = 'system' | 'user' | 'assistant' | 'tool';

/** Where the text comes from. Losses read this: `'environment'` is what MoL learns by cross-entropy. */
export type SegmentKind = 'prompt' | 'policy' | 'environment';

/** A part of a segment that was scored by itself. */
export interface RewardSpan {
  /** First byte, UTF-8 offset in the segment's text. */
  start: number;
  /** One past the last byte, UTF-8 offset. */
  end: number;
  reward: number;
  label?: string | undefined;
}

/** What a policy sampled, token by token. This package passes it through unread. */
export interface SampledTokens {
  ids: ArrayLike<number>;
  /** Log-probability of each id under the sampling distribution, nats. */
  logprobs?: ArrayLike<number> | undefined;
  /** Which weights they are of, where another process sampled them. */
  weightVersion?: string | undefined;
}

/** One utterance of an episode. */
export interface Segment {
  speaker: Speaker;
  kind: SegmentKind;
  /** 0 for the prompt and the first attempt; the answer to attempt t has turn t. */
  turn: number;
  text: string;
  /** Reward of this attempt; `null` = not scored. */
  reward?: number | null | undefined;
  spans?: RewardSpan[] | undefined;
  /** Exactly what was sampled: re-tokenising `text` may give other ids. */
  tokens?: SampledTokens | undefined;
}
