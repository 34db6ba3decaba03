/** One component of the mixture. */
export interface MolComponent {
  /** Its share of the loss, weights included. */
  loss: number;
  /** Plain mean of its term over its tokens, nats; 0 without tokens. */
  mean: number;
  tokens: number;
  /** Sequences that have it. */
  sequences: number;
}
