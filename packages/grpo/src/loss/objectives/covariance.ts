import { maskedMean } from '../../base/maskedMean.ts';
import type { PolicyBatch } from './policyObjective.ts';

/** (A - mean A) * (logprob - mean logprob): the tokens that lower the entropy most have the largest. */
export function covariance(batch: PolicyBatch): (i: number) => number {
  const { advantages, logprobs } = batch;
  const meanAdvantage = maskedMean(batch, (i) => advantages[i]!);
  const meanLogprob = maskedMean(batch, (i) => logprobs[i]!);
  return (i) => (advantages[i]! - meanAdvantage) * (logprobs[i]! - meanLogprob);
}
