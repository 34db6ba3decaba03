/** Value, gradients and what to log. */
export interface PolicyLossResult {
  loss: number;
  /** `[B*T]`, d loss / d logprobs; 0 where masked. */
  gradient: Float64Array;
  /** `[B*T]`, d loss / d entropies; only with an entropy bonus. */
  entropyGradient?: Float64Array;
  /** `[B*T]`, d loss / d klValues; only where the exact KL is used. */
  klGradient?: Float64Array;
  /** `[B*T]`, what was aggregated: with masks, importance weights and KL; 0 where masked. */
  perTokenLoss: Float64Array;
  /** `[B*T]`, importance ratio. */
  ratio: Float64Array;
  /** TRL's names where TRL has one. */
  metrics: Record<string, number>;
}

/** The per-token results of a loss. */
export const PER_TOKEN: readonly (
  | 'gradient'
  | 'entropyGradient'
  | 'klGradient'
  | 'perTokenLoss'
  | 'ratio'
)[] = ['gradient', 'entropyGradient', 'klGradient', 'perTokenLoss', 'ratio'];
