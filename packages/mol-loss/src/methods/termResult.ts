/** A term that is added to a policy loss in the same optimiser step: give `gradient` to whatever computed the log-probs. */
export interface TermResult {
  loss: number;
  /** `[N]`, d loss / d logprobs. */
  gradient: Float64Array;
  metrics: Record<string, number>;
}
