import type { SamplingMask, TopLogprob } from '@molrl/tensor-gpu';

/** One completion. */
export interface Completion {
  /** The stop token, if one came, is the last id. */
  ids: Int32Array;
  /**
   * `log_softmax(logits / temperature)[id]`, before bias, penalties, filters and suppressed tokens: what `scoreLogprobs`
   * and a trainer compute. Temperature 0 counts as 1.
   */
  logprobs: Float32Array;
  /**
   * Under the distribution that was drawn from, after all of them: `rolloutLogprobs` for `rolloutCorrection`. Without
   * any of them the same numbers as `logprobs`; 0 for temperature 0.
   */
  behaviorLogprobs: Float32Array;
  /** @deprecated The former name of `behaviorLogprobs`. */
  samplingLogprobs: Float32Array;
  /** An end token, a stop string or `shouldStop`, or `maxTokens`. */
  stop: 'eos' | 'stop' | 'length';
  /** The text of the ids, without the end token, up to a stop string: where `tokenizer` was given. */
  text?: string;
  /** The ids that each token could have been: where `returnSamplingMask` asks. A trainer replays them. */
  samplingMask?: SamplingMask;
  /** Which weights it is of, where an engine elsewhere sampled it. */
  weightVersion?: string;
  /** The most probable ids at each token, by `logprobs`' definition: where `topLogprobs` asks. */
  topLogprobs?: TopLogprob[][];
}
