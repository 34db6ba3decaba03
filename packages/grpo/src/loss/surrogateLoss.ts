import { notFinite } from '../base/assertTokens.ts';
import { callable, flag, mustBe, oneOf, oneOfOrFunction, text } from '../base/checks.ts';
import type { PolicyLossData, PolicyLossInput } from '../base/policyLossData.ts';
import { type OptionChecks, readOptions } from '../base/readOptions.ts';
import { REDUCTIONS, type Reduction } from '../base/reduction.ts';
import { onGrid } from '../base/targetAligned.ts';
import { importanceRatios } from '../ratio/sequenceRatio.ts';
import { klTerm } from './klTerm.ts';
import { anyLossOptions } from './lossOptions.ts';
import type { PolicyLossOptions } from './objectives/policyLossOptions.ts';
import type { PolicyObjective, TokenTerm } from './objectives/policyObjective.ts';
import { PER_TOKEN, type PolicyLossResult } from './policyLossResult.ts';
import { type PolicyDataDefaults, readPolicyData } from './readPolicyData.ts';
import { stepWeights } from './stepWeights.ts';

/** What a loss type fixes besides its formula. */
export interface SurrogateLossDefaults extends PolicyDataDefaults {
  /** Its reduction, unless the caller names one. */
  reduction: Reduction;
  /** `'batch'`: a token mean over `numItemsInBatch`; `'call'`: normalised by this call's own tokens. Default `'call'`. */
  normalizer?: 'batch' | 'call';
  /** The objective uses the importance weights itself (vespo). Default false. */
  ownsImportanceWeights?: boolean;
}

/** A loss type: its formula, and what it fixes besides. */
export interface SurrogateLoss extends SurrogateLossDefaults {
  objective: PolicyObjective;
}

/**
 * A policy-gradient loss from its formula: everything around the objective is here, once.
 *
 *     token loss = tokenWeight * (objective * importanceWeight * objectiveMask + beta * KL)
 *     loss       = sum of weight * token loss                                (weights: see `lossWeights`)
 *
 * The gradient is closed form: d loss / d logprob, through the ratio (token or sequence) and directly.
 *
 * @param options - any of the package's options: your objective may read them all.
 * @param loss - the objective (one of the package's, or your own: it computes one token's loss and its derivatives), the
 * loss's name and its reduction.
 * @throws {GrpoError} `shape`, `missing`, `option`, `unknown-name`, `not-finite` (the first token whose input or loss is not a
 * number).
 *
 * @example
 * const mine = ({ ratio, advantages }) => ({
 *   term(i, out) {
 *     out.loss = -ratio[i] * advantages[i];
 *     out.dLogRatio = out.loss;
 *   },
 * });
 * const data = { logprobs: [-1, -2], advantages: [1], completionMask: [1, 1], sequenceLength: 2 };
 * surrogateLoss(data, {}, { objective: mine, name: 'mine', reduction: 'token-mean' }).gradient; // Float64Array [-0.5, -0.5]
 */
export function surrogateLoss(
  data: PolicyLossInput,
  options: PolicyLossOptions,
  loss: SurrogateLoss,
): PolicyLossResult;
/** @deprecated The objective goes into the last argument: `{ objective, name, reduction }`. */
export function surrogateLoss(
  data: PolicyLossInput,
  options: PolicyLossOptions,
  objective: PolicyObjective,
  defaults: SurrogateLossDefaults,
): PolicyLossResult;
export function surrogateLoss(
  data: PolicyLossInput,
  options: PolicyLossOptions,
  ...[given, defaults]: [SurrogateLoss] | [PolicyObjective, SurrogateLossDefaults]
): PolicyLossResult {
  const loss = typeof given === 'function' ? { ...defaults, objective: given } : given;
  const required = ['objective', 'name', 'reduction'] as const;
  const own = readOptions('surrogateLoss', loss as SurrogateLoss, CHECKS, required);
  return tokenLoss(data, readOptions(own.name, options, anyLossOptions()), own);
}

const CHECKS: OptionChecks<SurrogateLoss> = {
  objective: callable,
  name: text,
  level: /* @__PURE__ */ oneOfOrFunction(importanceRatios),
  againstSampler: flag,
  reduction: /* @__PURE__ */ oneOf(REDUCTIONS),
  normalizer: /* @__PURE__ */ oneOf(['batch', 'call']),
  ownsImportanceWeights: flag,
};

/** `surrogateLoss` with options that are checked. */
export function tokenLoss(
  data: PolicyLossInput,
  options: PolicyLossOptions,
  loss: SurrogateLoss,
): PolicyLossResult {
  return onGrid(
    loss.name,
    data,
    (grid: PolicyLossData) => lossOfGrid(grid, options, loss),
    PER_TOKEN,
  );
}

function lossOfGrid(
  data: PolicyLossData,
  options: PolicyLossOptions,
  { objective, ...defaults }: SurrogateLoss,
): PolicyLossResult {
  const { name } = defaults;
  const { batch, logRatio } = readPolicyData(data, options, defaults);
  const { mask, kept, sequenceLength, ratio, tokenWeights, entropies, klValues } = batch;
  const { weights, accumulation } = stepWeights(name, batch, options, defaults);
  const importanceWeights = defaults.ownsImportanceWeights ? undefined : batch.importanceWeights;
  const run = objective(batch, options);
  if (typeof run?.term !== 'function') {
    throw mustBe(name, 'objective', 'a function that gives { term }', run);
  }
  const addKl = klTerm(batch, options, name);

  const size = mask.length;
  const perTokenLoss = new Float64Array(size);
  const gradient = new Float64Array(size); // directly through the log-probs
  const ratioGradient = new Float64Array(size); // through the log ratio
  const klGradient = klValues && new Float64Array(size); // through an exact KL
  const out: TokenTerm = { loss: 0, dLogRatio: 0, dLogprob: 0, dKl: 0 };
  let [loss, tokens, kl, entropy, ppoKl] = [0, 0, 0, 0, 0];
  for (let i = 0; i < size; i++) {
    if (mask[i] === 0) continue;
    out.loss = out.dLogRatio = out.dLogprob = out.dKl = 0;
    const factor = kept[i] === 0 ? 0 : (importanceWeights?.[i] ?? 1);
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
