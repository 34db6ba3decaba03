import { GrpoError, needsPolicyLoss } from './errors.ts';
import { type KlEstimator, k3 } from './klEstimators.ts';
import type {
  PolicyBatch,
  PolicyLossData,
  PolicyLossOptions,
  TokenTerm,
} from './policyLossTypes.ts';

/** Adds beta * KL of token i and its derivatives to a term, and returns that KL; undefined when beta is 0. */
export function klTerm(
  { logprobs, ratio }: PolicyBatch,
  { refLogprobs, klValues }: PolicyLossData,
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
  const given: KlEstimator = (_, value) => ({ value, gradient: 0 });
  const named = klEstimator === 'k3' ? k3 : klEstimator;
  const estimate = named === 'exact' ? given : named;
  if (typeof estimate === 'string') throw needsPolicyLoss(name, `klEstimator '${estimate}'`);
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
