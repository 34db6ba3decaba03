import { GrpoError } from './errors.ts';
import { gmpoLoss } from './gmpoLoss.ts';
import { highEntropyMask } from './highEntropyMask.ts';
import { boundedK3, klEstimators, VERL_KL_BOUNDS } from './klEstimators.ts';
import { lookUp } from './lookUp.ts';
import {
  bnpoLoss,
  cispoLoss,
  clipCovLoss,
  crossEntropyLoss,
  dapoLoss,
  dppoLoss,
  drGrpoLoss,
  droLoss,
  exactKlLoss,
  grpoLoss,
  gspoLoss,
  gspoTokenLoss,
  importanceSamplingLoss,
  ipoLoss,
  klCovLoss,
  luspoLoss,
  ppoLoss,
  primeLoss,
  refKlLoss,
  reinforceLoss,
  sapoLoss,
  vespoLoss,
} from './losses.ts';
import { offPolicyMask } from './offPolicyMask.ts';
import type {
  PolicyLoss,
  PolicyLossData,
  PolicyLossOptions,
  PolicyLossResult,
} from './policyLossTypes.ts';
import { importanceRatios } from './sequenceRatio.ts';
import { turnRatioLoss } from './turnRatioLoss.ts';

/** Options of `policyLoss`. */
export interface PolicyLossCall extends PolicyLossOptions {
  /** Name in `policyLosses`, or your own function. No default: it is what you train. */
  lossType: PolicyLossName | PolicyLoss;
}

export type PolicyLossName =
  | 'grpo'
  | 'dr_grpo'
  | 'dapo'
  | 'bnpo'
  | 'ppo'
  | 'luspo'
  | 'gspo'
  | 'gspo_token'
  | 'cispo'
  | 'sapo'
  | 'vespo'
  | 'gmpo'
  | 'dppo'
  | 'prime'
  | 'ipo'
  | 'dro'
  | 'importance_sampling'
  | 'reinforce'
  | 'kl_cov'
  | 'clip_cov'
  | 'rema'
  | 'ce'
  | 'ref_kl'
  | 'kl';

/**
 * Every policy loss by name: a plain object of functions of one type. Yours fits beside them.
 *
 * @example
 * Object.keys(policyLosses).length; // 24
 */
export const policyLosses: Record<PolicyLossName, PolicyLoss> = {
  grpo: grpoLoss,
  dr_grpo: drGrpoLoss,
  dapo: dapoLoss,
  bnpo: bnpoLoss,
  ppo: ppoLoss,
  luspo: luspoLoss,
  gspo: gspoLoss,
  gspo_token: gspoTokenLoss,
  cispo: cispoLoss,
  sapo: sapoLoss,
  vespo: vespoLoss,
  gmpo: gmpoLoss,
  dppo: dppoLoss,
  prime: primeLoss,
  ipo: ipoLoss,
  dro: droLoss,
  importance_sampling: importanceSamplingLoss,
  reinforce: reinforceLoss,
  kl_cov: klCovLoss,
  clip_cov: clipCovLoss,
  rema: turnRatioLoss,
  ce: crossEntropyLoss,
  ref_kl: refKlLoss,
  kl: exactKlLoss,
};

/**
 * A policy-gradient loss: value, gradient with respect to the log-probs, metrics. No tensors: feed the gradient into
 * whatever tape produced the log-probs.
 *
 *     r = exp(logprobs - oldLogprobs)     token loss = f(r, A) + beta * KL(logprobs, refLogprobs)     f: see each loss
 *     with the entropy and off-policy options: f is masked, and loss -= entropyCoef * mean entropy
 *
 * @param data - flat `[B*T]` arrays; masked tokens are never read, so NaN there does no harm.
 * @returns `loss`, `gradient` `[B*T]`, `perTokenLoss`, `ratio`, `metrics` under TRL's names.
 * @throws {GrpoError} `unknown-name` (with the nearest name), `shape`, `missing`, `not-finite`, `double-correction`.
 *
 * @example
 * const data = { logprobs: [-1, -2, -1, 0], advantages: [1, -1], completionMask: [1, 1, 1, 0], sequenceLength: 2 };
 * const { loss, gradient } = policyLoss(data, { lossType: 'dapo' });
 * loss; // -0.3333
 * gradient; // Float64Array [-0.3333, -0.3333, 0.3333, 0]
 */
export function policyLoss(data: PolicyLossData, options: PolicyLossCall): PolicyLossResult {
  const {
    lossType,
    topEntropyQuantile = 1,
    entropyCoef,
    offPolicyMaskThreshold,
    ...rest
  } = options;
  const loss = typeof lossType === 'function' ? lossType : find('lossType', policyLosses, lossType);
  const { completionMask, entropies } = data;
  if (!entropies && (topEntropyQuantile < 1 || entropyCoef)) {
    throw new GrpoError(
      'missing',
      'policyLoss: topEntropyQuantile and entropyCoef need entropies.',
    );
  }
  const highEntropy =
    entropies && topEntropyQuantile < 1
      ? highEntropyMask(entropies, completionMask, topEntropyQuantile)
      : undefined;
  const onPolicy =
    offPolicyMaskThreshold === undefined ? undefined : offPolicyMask(data, offPolicyMaskThreshold);
  const masks = [data.objectiveMask, highEntropy, onPolicy].filter((mask) => mask !== undefined);
  const objectiveMask =
    masks.length === 0
      ? undefined
      : Float64Array.from(completionMask, (_, i) => masks.reduce((all, mask) => all * mask[i]!, 1));
  const result = loss({ ...data, objectiveMask }, { ...rest, ...functionsOf(options) });
  if (entropyCoef === undefined) return result;
  return withEntropyBonus(result, entropies, highEntropy ?? completionMask, options);
}

/** The functions behind the names of KL estimator and importance level. */
function functionsOf({
  klEstimator,
  importanceSamplingLevel,
  convention,
  lossType,
}: PolicyLossCall) {
  const isVerl = convention === 'verl' || lossType === 'ppo' || lossType === 'dppo';
  const named = klEstimator ?? (isVerl ? boundedK3(VERL_KL_BOUNDS) : undefined);
  return {
    klEstimator:
      isName(named) && named !== 'exact' ? find('klEstimator', klEstimators, named) : named,
    importanceSamplingLevel: isName(importanceSamplingLevel)
      ? find('importanceSamplingLevel', importanceRatios, importanceSamplingLevel)
      : importanceSamplingLevel,
  };
}

const isName = (value: unknown): value is string => typeof value === 'string';

const find = <T>(what: string, table: Record<string, T>, name: string): T =>
  lookUp('policyLoss', what, table, name);

/** loss -= coef * mean entropy of the tokens that are trained (those of the entropy mask, if there is one). */
function withEntropyBonus(
  result: PolicyLossResult,
  entropies: ArrayLike<number> | undefined,
  mask: ArrayLike<number>,
  options: PolicyLossCall,
): PolicyLossResult {
  const { entropyCoef = 0, gradientAccumulationSteps = 1 } = options;
  const metrics = { ...result.metrics, entropy_coef: entropyCoef };
  if (entropyCoef === 0 || !entropies) return { ...result, metrics };
  const tokens = Array.from(mask).filter(Boolean).length || 1;
  const slope = -entropyCoef / tokens / gradientAccumulationSteps;
  const entropyGradient = Float64Array.from(mask, (keep) => (keep === 0 ? 0 : slope));
  const bonus = entropyGradient.reduce((sum, g, i) => (g === 0 ? sum : sum + g * entropies[i]!), 0);
  return { ...result, loss: result.loss + bonus, entropyGradient, metrics };
}
