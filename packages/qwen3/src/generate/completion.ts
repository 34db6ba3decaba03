/** One completion. */
export interface Completion {
  /** The stop token, if one came, is the last id. */
  ids: Int32Array;
  /**
   * `log_softmax(logits / temperature)[id]`, before penalty, filters and suppressed tokens: what `scoreLogprobs` and a
   * trainer compute. Temperature 0 counts as 1.
   */
  logprobs: Float32Array;
  /**
   * Under the distribution that was drawn from, after all of them: `rolloutLogprobs` for `rolloutCorrection`. Without
   * penalty, filters and suppressed tokens the same numbers as `logprobs`; 0 for temperature 0.
   */
  samplingLogprobs: Float32Array;
  /** An end token, `shouldStop`, or `maxTokens`. */
  stop: 'eos' | 'stop' | 'length';
}
