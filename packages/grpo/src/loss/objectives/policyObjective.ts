import type { PolicyLossOptions } from './policyLossOptions.ts';

/** What an objective sees: the inputs after checking, advantages and ratios on every token. */
export interface PolicyBatch {
  logprobs: ArrayLike<number>;
  /** The log-probs in the ratio's denominator; `logprobs` themselves when strictly on-policy. */
  oldLogprobs: ArrayLike<number>;
  refLogprobs?: ArrayLike<number> | undefined;
  klValues?: ArrayLike<number> | undefined;
  entropies?: ArrayLike<number> | undefined;
  tokenWeights?: ArrayLike<number> | undefined;
  turns?: ArrayLike<number> | undefined;
  /** 1 on trained tokens. */
  mask: Uint8Array;
  /** 1 on trained tokens that the objective keeps. */
  kept: Uint8Array;
  advantages: Float64Array;
  /** True when one advantage per sequence was given: then sequence-level quantities are one per sequence. */
  perSequence: boolean;
  /** True when a sequence shares one ratio. */
  sequenceRatio: boolean;
  logRatio: Float64Array;
  /** The token's own log ratio, whatever the level. */
  tokenLogRatio: Float64Array;
  ratio: Float64Array;
  /** On every token. */
  importanceWeights: Float64Array | undefined;
  /** True when one weight per sequence was given. */
  importancePerSequence: boolean;
  sequenceLength: number;
  rows: number;
}

/** One token's loss and its derivatives; the objective writes into it. */
export interface TokenTerm {
  loss: number;
  /** d loss / d log ratio. */
  dLogRatio: number;
  /** d loss / d logprob, other than through the ratio. */
  dLogprob: number;
  /** d loss / d exact KL. */
  dKl: number;
}

/** The formula of a loss: given a batch, how to compute token i, and what to log. */
export type PolicyObjective = (
  batch: PolicyBatch,
  options: PolicyLossOptions,
) => {
  term(i: number, out: TokenTerm): void;
  metrics?(): Record<string, number>;
};
