import type { TokenRows } from '../../base/tokenRows.ts';

/** What an objective sees: the inputs after checking, advantages and ratios on every token. */
export interface PolicyBatch extends TokenRows {
  logprobs: ArrayLike<number>;
  /** The log-probs in the ratio's denominator; `logprobs` themselves when strictly on-policy. */
  oldLogprobs: ArrayLike<number>;
  refLogprobs?: ArrayLike<number> | undefined;
  klValues?: ArrayLike<number> | undefined;
  entropies?: ArrayLike<number> | undefined;
  tokenWeights?: ArrayLike<number> | undefined;
  turns?: ArrayLike<number> | undefined;
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

/** The formula of a loss of your own: given a batch, how to compute token i, and what to log. `Options` is what it reads. */
export type PolicyObjective<Options = object> = (
  batch: PolicyBatch,
  options: Options,
) => {
  term(i: number, out: TokenTerm): void;
  metrics?(): Record<string, number>;
};
