import type { SamplingMask } from '@molrl/tensor-gpu';

/**
 * One utterance of an episode, as environments and trainers pass them around. Declared here structurally:
 * whatever has these fields fits.
 */
export interface Segment {
  speaker: 'system' | 'user' | 'assistant' | 'tool';
  /** Written by the task, by the model being trained, or by the environment as feedback. */
  kind: 'prompt' | 'policy' | 'environment';
  turn: number;
  text: string;
  /** What was sampled, exactly. Ids win over `text`, which may not encode back to the same tokens. */
  tokens?: SegmentTokens | undefined;
}

/** What a policy sampled, token by token. */
export interface SegmentTokens {
  ids: ArrayLike<number>;
  /** Under the model at the sampler's temperature, before penalty and filters: what a trainer computes as well. */
  logprobs?: ArrayLike<number> | undefined;
  /** Under the distribution that was drawn from, after bias, penalties, filters and suppressed tokens. */
  behaviorLogprobs?: ArrayLike<number> | undefined;
  /** @deprecated The former name of `behaviorLogprobs`. */
  samplingLogprobs?: ArrayLike<number> | undefined;
  /** The ids that each token was drawn from. */
  samplingMask?: SamplingMask | undefined;
  /** What ended it: an end token, a stop string, or the limit of tokens. */
  stop?: 'eos' | 'stop' | 'length' | undefined;
}
