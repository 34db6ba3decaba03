import { GrpoError } from '../../base/errors.ts';
import { type KlEstimator, klEstimatorOf } from '../../kl/klEstimators.ts';
import type { TokenTerms } from '../objectives/lossFormula.ts';
import type { PolicyBatch } from '../objectives/policyObjective.ts';
import type { TokenLossOptions } from '../options/sharedOptions.ts';

/** The exact KL comes as a value per token; its gradient is with respect to that value. */
const given: KlEstimator = (_, value) => ({ value, gradient: 0 });

type KlSettings = Pick<
  TokenLossOptions,
  'beta' | 'klEstimator' | 'convention' | 'useBiasCorrectionKl'
> & { name: string };

/** The estimator that the options name, or are. */
function estimatorOf({ klEstimator = 'k3', convention = 'trl' }: Omit<KlSettings, 'name'>) {
  if (typeof klEstimator === 'function') return klEstimator;
  return klEstimator === 'exact' ? given : klEstimatorOf(klEstimator, convention);
}

/** What adds the KL of a token, in a loop of one's own. */
export interface KlTerms {
  beta: number;
  estimate: KlEstimator;
  /** Whether the ratio is a factor of it. */
  byRatio: boolean;
}

/** The KL of the options; undefined when beta is 0. */
export function readEstimator(settings: Omit<KlSettings, 'name'>): KlTerms | undefined {
  const { beta = 0, useBiasCorrectionKl = settings.convention !== 'verl' } = settings;
  if (beta === 0) return undefined;
  return { beta, estimate: estimatorOf(settings), byRatio: useBiasCorrectionKl };
}

/** Adds beta * KL of every trained token to its terms, and gives the mean KL; undefined when beta is 0. */
export function addKl(
  terms: TokenTerms,
  batch: PolicyBatch,
  settings: KlSettings,
): number | undefined {
  const own = readEstimator(settings);
  if (!own) return undefined;
  const { beta, estimate, byRatio } = own;
  const { logprobs, ratio, trained } = batch;
  const exact = settings.klEstimator === 'exact';
  const source = exact ? batch.klValues : batch.refLogprobs;
  if (!source) {
    throw new GrpoError(
      'missing',
      `${settings.name}: beta ${beta} needs ${exact ? 'klValues' : 'refLogprobs'}.`,
    );
  }
  let sum = 0;
  for (let k = 0; k < trained.length; k++) {
    const i = trained[k]!;
    const { value, gradient } = estimate(logprobs[i]!, source[i]!);
    const factor = byRatio ? ratio[i]! : 1;
    const kl = value * factor;
    sum += kl;
    terms.loss[i]! += beta * kl;
    terms.dLogprob[i]! += beta * gradient * factor;
    if (byRatio) terms.dLogRatio[i]! += beta * kl;
    if (exact) terms.dKl[i]! += beta * factor;
  }
  return sum / (trained.length || 1);
}
