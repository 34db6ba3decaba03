import { type PolicyLossCall, policyLoss } from '@molrl/grpo';
import type { Sequence } from '../learner.ts';

/** Sampled tokens, one after the other. */
export interface PolicyTermTokens {
  logprobs: ArrayLike<number>;
  /** `[N]`, one per token. */
  advantages: ArrayLike<number>;
  sequenceIds: ArrayLike<number>;
}

/** Where the loss is one of several of the same name. */
export interface PolicyTermOptions {
  /** Sampled tokens of the whole update, where these are a part of them. */
  total: number;
  /** Default `'dapo'`. */
  lossType?: 'dapo' | 'ppo' | undefined;
}

/** The policy part of a method: GRPO's clipped surrogate at ratio 1, a mean over all tokens of the update. */
export function policyTerm(
  { logprobs, advantages, sequenceIds }: PolicyTermTokens,
  { total, lossType = 'dapo' }: PolicyTermOptions,
): { loss: number; gradient: Float64Array; metrics: Record<string, number> } {
  const call: PolicyLossCall = { lossType, numItemsInBatch: total };
  const { loss, gradient, metrics } = policyLoss({ logprobs, advantages, sequenceIds }, call);
  return { loss, gradient: Float64Array.from(gradient), metrics };
}

/** A row's number, at each of its tokens. */
export const perToken = (
  ofSequence: ArrayLike<number>,
  sequenceIds: ArrayLike<number>,
): Float64Array => Float64Array.from(sequenceIds, (id) => ofSequence[id]!); // ids index the sequences

/** Tokens of rows that a loss is over. */
export const tokensOf = (
  rows: readonly { sequence: Sequence }[],
  role: 'assistant' | 'environment' = 'assistant',
): number =>
  rows.reduce((sum, { sequence }) => sum + sequence.roles.filter((own) => own === role).length, 0);
