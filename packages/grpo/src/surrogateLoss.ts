import { lossWeights, type Reduction } from './aggregateLoss.ts';
import { notFinite } from './assertTokens.ts';
import { needsPolicyLoss } from './errors.ts';
import type { ImportanceRatio } from './importanceRatio.ts';
import { klTerm } from './klTerm.ts';
import type {
  PolicyLossData,
  PolicyLossOptions,
  PolicyLossResult,
  PolicyObjective,
  TokenTerm,
} from './policyLossTypes.ts';
import { readPolicyData } from './readPolicyData.ts';

/** What a loss type fixes besides its formula. */
export interface SurrogateLossDefaults {
  /** Name in error messages. */
  name: string;
  /** Its reduction, unless the caller names one. */
  reduction: Reduction;
  /** `'batch'`: a token mean over `numItemsInBatch`; `'call'`: normalised by this call's own tokens or rows. Default `'call'`. */
  normalizer?: 'batch' | 'call';
  /** Default `tokenRatio`. */
  level?: ImportanceRatio;
  /** The objective uses the importance weights itself (vespo). Default false. */
  ownsImportanceWeights?: boolean;
}

/**
 * A policy-gradient loss from its formula: everything around the objective is here, once.
 *
 *     token loss = tokenWeight * (objective * importanceWeight * objectiveMask + beta * KL)
 *     loss       = sum of weight * token loss                                (weights: see `lossWeights`)
 *
 * The gradient is closed form: d loss / d logprob, through the ratio (token or sequence) and directly.
 *
 * @param objective - one of the package's, or your own: it computes one token's loss and its derivatives.
 * @throws {GrpoError} `shape`, `missing`, `unknown-name`, `not-finite` (the first token whose input or loss is not a
 * number), `option` for the options that only `policyLoss` has (entropy and off-policy masks).
 *
 * @example
 * const mine = ({ ratio, advantages }) => ({
 *   term(i, out) {
 *     out.loss = -ratio[i] * advantages[i];
 *     out.dLogRatio = out.loss;
 *   },
 * });
 * const data = { logprobs: [-1, -2], advantages: [1], completionMask: [1, 1], sequenceLength: 2 };
 * surrogateLoss(data, {}, mine, { name: 'mine', reduction: 'token-mean' }).gradient; // Float64Array [-0.5, -0.5]
 */
export function surrogateLoss(
  data: PolicyLossData,
  options: PolicyLossOptions,
  objective: PolicyObjective,
  defaults: SurrogateLossDefaults,
): PolicyLossResult {
  const { name } = defaults;
  const { topEntropyQuantile = 1, entropyCoef = 0, offPolicyMaskThreshold } = options;
  if (topEntropyQuantile < 1 || entropyCoef !== 0 || offPolicyMaskThreshold !== undefined) {
    throw needsPolicyLoss(name, 'an entropy or off-policy option');
  }
  const { batch, logRatio } = readPolicyData(data, options, defaults);
  const { mask, sequenceLength, ratio } = batch;
  const { weights, accumulation } = reductionWeights(mask, options, defaults, sequenceLength);
  const { tokenWeights, objectiveMask, entropies } = data;
  const importanceWeights = defaults.ownsImportanceWeights ? undefined : batch.importanceWeights;
  const run = objective(batch, options);
  const addKl = klTerm(batch, data, options, name);

  const size = mask.length;
  const perTokenLoss = new Float64Array(size);
  const gradient = new Float64Array(size); // directly through the log-probs
  const ratioGradient = new Float64Array(size); // through the log ratio
  const klGradient = data.klValues && new Float64Array(size); // through an exact KL
  const out: TokenTerm = { loss: 0, dLogRatio: 0, dLogprob: 0, dKl: 0 };
  let [loss, tokens, kl, entropy, ppoKl] = [0, 0, 0, 0, 0];
  for (let i = 0; i < size; i++) {
    if (mask[i] === 0) continue;
    out.loss = out.dLogRatio = out.dLogprob = out.dKl = 0;
    const factor = (importanceWeights?.[i] ?? 1) * (objectiveMask?.[i] ?? 1);
    if (factor !== 0) run.term(i, out);
    out.loss *= factor;
    out.dLogRatio *= factor;
    out.dLogprob *= factor;
    out.dKl *= factor;
    if (addKl) kl += addKl(i, out);
    if (!Number.isFinite(out.loss + out.dLogRatio + out.dLogprob)) {
      throw notFinite(
        `${name}: no finite loss (log ratio ${batch.logRatio[i]})`,
        i,
        sequenceLength,
      );
    }
    const tokenWeight = tokenWeights?.[i] ?? 1;
    const weight = (weights[i]! / accumulation) * tokenWeight;
    perTokenLoss[i] = tokenWeight * out.loss;
    loss += weight * out.loss;
    gradient[i] = weight * out.dLogprob;
    ratioGradient[i] = weight * out.dLogRatio;
    if (klGradient) klGradient[i] = weight * out.dKl;
    if (entropies) entropy += entropies[i]!;
    ppoKl -= batch.tokenLogRatio[i]!;
    tokens++;
  }
  logRatio.backward(ratioGradient, gradient);

  const count = tokens || 1;
  const metrics = {
    policy_loss: loss * accumulation,
    ppo_kl: ppoKl / count,
    ...(addKl && { kl: kl / count }),
    ...(entropies && { entropy: entropy / count }),
    ...run.metrics?.(),
  };
  return { loss, gradient, perTokenLoss, ratio, metrics, ...(klGradient && { klGradient }) };
}

/** The weight of every token in the loss; a loss normalised by its own micro-batch is to be divided by `accumulation`. */
function reductionWeights(
  mask: ArrayLike<number>,
  options: PolicyLossOptions,
  defaults: SurrogateLossDefaults,
  sequenceLength: number,
): { weights: Float64Array; accumulation: number } {
  const { reduction = defaults.reduction, numSequences, maxCompletionLength: horizon } = options;
  const global = options.reduction !== undefined || defaults.normalizer === 'batch';
  const numTokens = global ? options.numItemsInBatch : undefined;
  const weights = lossWeights(mask, {
    sequenceLength,
    reduction,
    numTokens,
    numSequences,
    horizon,
  });
  const total = reduction === 'token-mean' ? numTokens : numSequences;
  const accumulation = total === undefined ? (options.gradientAccumulationSteps ?? 1) : 1;
  return { weights, accumulation };
}
