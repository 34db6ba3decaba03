import { GrpoError } from '../base/errors.ts';
import { type KlEstimator, klEstimatorOf } from '../kl/klEstimators.ts';
import type { PolicyLossOptions } from './objectives/policyLossOptions.ts';
import type { PolicyBatch, TokenTerm } from './objectives/policyObjective.ts';

/** The exact KL comes as a value per token; its gradient is with respect to that value. */
const given: KlEstimator = (_, value) => ({ value, gradient: 0 });

/** Adds beta * KL of token i and its derivatives to a term, and returns that KL; undefined when beta is 0. */
export function klTerm(
  { logprobs, ratio, refLogprobs, klValues }: PolicyBatch,
  options: PolicyLossOptions,
  name: string,
): ((i: number, out: TokenTerm) => number) | undefined {
  const { beta = 0, klEstimator = 'k3', convention = 'trl' } = options;
  if (beta === 0) return undefined;
  const { useBiasCorrectionKl = convention === 'trl' } = options;
  const exact = klEstimator === 'exact';
  const source = exact ? klValues : refLogprobs;
  if (!source) {
    throw new GrpoError(
      'missing',
      `${name}: beta ${beta} needs ${exact ? 'klValues' : 'refLogprobs'}.`,
    );
  }
  const named = typeof klEstimator === 'function' ? klEstimator : undefined;
  const estimate = named ?? (exact ? given : klEstimatorOf(klEstimator as 'k3', convention)); // a name, not a function
  return (i, out) => {
    const term = estimate(logprobs[i]!, source[i]!);
    const factor = useBiasCorrectionKl ? ratio[i]! : 1;
    const kl = term.value * factor;
    out.loss += beta * kl;
    out.dLogprob += beta * term.gradient * factor;
    if (useBiasCorrectionKl) out.dLogRatio += beta * kl;
    if (exact) out.dKl += beta * factor;
    return kl;
  };
}
