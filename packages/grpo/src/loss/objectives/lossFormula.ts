import type { PolicyBatch } from './policyObjective.ts';

/**
 * Loss and derivatives of every token, in arrays: a formula writes at the tokens it is asked for, elsewhere they are 0. It writes
 * one derivative, `dLogRatio` or `dLogprob`: where both have the same effect, they are one array.
 */
export interface TokenTerms {
  loss: Float64Array;
  /** d loss / d log ratio. */
  dLogRatio: Float64Array;
  /** d loss / d logprob, other than through the ratio. */
  dLogprob: Float64Array;
  /** d loss / d exact KL. */
  dKl: Float64Array;
}

/**
 * The formula of a loss of this package, as one loop over tokens: a call per token would cost more than most formulas.
 * `Options` is what the formula reads, and nothing else.
 */
export type LossFormula<Options extends object> = (
  batch: PolicyBatch,
  options: Options,
) => {
  terms(tokens: Uint32Array, out: TokenTerms): void;
  metrics?(): Record<string, number>;
};
