import { type PolicyLossCall, policyLoss } from '@molrl/grpo';

/** Sampled tokens, one after the other. */
export interface SampledTokens {
  logprobs: ArrayLike<number>;
  /** `[N]`, one per token. */
  advantages: ArrayLike<number>;
  sequenceIds: ArrayLike<number>;
}

/** GRPO's clipped surrogate at ratio 1 over all tokens of the update: DAPO's token mean. */
const CALL = { lossType: 'dapo', beta: 0 } as const;

/** The policy part of a method: the loss, its gradient and its metrics. */
export function policyTerm(
  { logprobs, advantages, sequenceIds }: SampledTokens,
  call: PolicyLossCall = CALL,
): { loss: number; gradient: Float64Array; metrics: Record<string, number> } {
  const { loss, gradient, metrics } = policyLoss({ logprobs, advantages, sequenceIds }, call);
  return { loss, gradient: Float64Array.from(gradient), metrics };
}

/** An episode's number, at each of its tokens. */
export const perToken = (
  ofSequence: ArrayLike<number>,
  sequenceIds: ArrayLike<number>,
): Float64Array => Float64Array.from(sequenceIds, (id) => ofSequence[id]!); // ids index the sequences
