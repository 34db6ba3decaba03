// One file: what the losses have in common, by what reads it, with the kind of each option.
import {
  bound,
  count,
  finite,
  flag,
  nonNegative,
  oneOf,
  oneOfOrFunction,
  positive,
  positiveOrInfinite,
  share,
} from '../../base/checks.ts';
import { CONVENTIONS, type Convention } from '../../base/convention.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import { REDUCTIONS, type Reduction } from '../../base/reduction.ts';
import { type KlEstimator, type KlEstimatorName, klEstimators } from '../../kl/klEstimators.ts';
import type { ImportanceRatio } from '../../ratio/importanceRatio.ts';
import { type ImportanceSamplingLevel, importanceRatios } from '../../ratio/sequenceRatio.ts';

/**
 * Counts of the whole optimiser step, over all its micro-batches and workers: `stepTotals` makes them, every loss takes all of
 * them and reads the one its mean is over. Absent: those of this call. Where workers' gradients are averaged instead of
 * summed, divide each by the number of workers.
 */
export interface StepTotals {
  /**
   * Trained tokens, for the token means. In TRL's terms: num_items_in_batch * gradient_accumulation_steps /
   * steps_per_generation.
   */
  numItemsInBatch?: number | undefined;
  /** All rows, for the means that count every row (`-all`, `token-sum-norm`, gmpo). */
  numSequences?: number | undefined;
  /** Rows with a trained token, for the other sequence means. */
  numLiveSequences?: number | undefined;
  /** Turns with a trained token, for `rema` with `turnAggregation: 'turn'`. */
  numTurns?: number | undefined;
  /** Rows with such a turn, for `rema`. */
  numTurnSequences?: number | undefined;
  /** Trained tokens, for the entropy bonus. Without it, `numItemsInBatch` if no `gradientAccumulationSteps` is given. */
  numEntropyTokens?: number | undefined;
}

export const TOTALS: OptionChecks<StepTotals> = {
  numItemsInBatch: nonNegative,
  numSequences: nonNegative,
  numLiveSequences: nonNegative,
  numTurns: nonNegative,
  numTurnSequences: nonNegative,
  numEntropyTokens: nonNegative,
};

/** What every loss has. */
export interface SharedOptions extends StepTotals {
  /** Whose definition where they differ: clamps, dual clip, `cispo`, `gmpo`. Default `'trl'`. */
  convention?: Convention | undefined;
  /** Bound of |log ratio| per token before exp. Default none under `'trl'`, 20 under `'verl'`. */
  logRatioClamp?: number | undefined;
  /** Micro-batches per optimiser step: a mean that has no total of the step is divided by it. Default 1. */
  gradientAccumulationSteps?: number | undefined;
}

export const SHARED_OPTIONS: OptionChecks<SharedOptions> = /* @__PURE__ */ (() => ({
  convention: oneOf(CONVENTIONS),
  logRatioClamp: positiveOrInfinite,
  gradientAccumulationSteps: count,
  ...TOTALS,
}))();

/** The KL to the reference beside an objective. */
export interface KlOptions {
  /** Weight of the KL to the reference. Default 0. */
  beta?: number | undefined;
  /**
   * Default `'k3'`. Under `'verl'`, k3 and k3+ are held within verl's bounds by name; a function is taken as it is.
   * `'exact'` takes `klValues`, and the result has a `klGradient`.
   */
  klEstimator?: KlEstimatorName | KlEstimator | 'exact' | undefined;
}

export const KL_OPTIONS: OptionChecks<KlOptions> = /* @__PURE__ */ (() => ({
  beta: nonNegative,
  klEstimator: oneOfOrFunction([...Object.keys(klEstimators), 'exact']),
}))();

/** What every loss of tokens has, whatever its formula. */
export interface TokenLossOptions extends KlOptions, SharedOptions {
  /** Multiply the KL estimate by the importance ratio, with gradient (DeepSeek-V3.2). Default true under `'trl'`, as in TRL 1.16. */
  useBiasCorrectionKl?: boolean | undefined;
  /** Default `'token'` (gspo `'sequence'`, gspo_token `'gspo-token'`); or a ratio of your own. */
  importanceSamplingLevel?: ImportanceSamplingLevel | ImportanceRatio | undefined;
  /** Default: the loss type's own, see the README. */
  reduction?: Reduction | undefined;
  /** Horizon of `dr_grpo` and of the `-norm` reductions. */
  maxCompletionLength?: number | undefined;
}

export const TOKEN_LOSS_OPTIONS: OptionChecks<TokenLossOptions> = /* @__PURE__ */ (() => ({
  ...KL_OPTIONS,
  useBiasCorrectionKl: flag,
  importanceSamplingLevel: oneOfOrFunction(importanceRatios),
  reduction: oneOf(REDUCTIONS),
  maxCompletionLength: positive,
  ...SHARED_OPTIONS,
}))();

/** What `policyLoss` adds to any loss. */
export interface CallOptions {
  /** Train only this share of tokens, those of highest entropy in this call. Default 1 = all. */
  topEntropyQuantile?: number | undefined;
  /** Loss -= entropyCoef * mean entropy. Default 0. */
  entropyCoef?: number | undefined;
  /** Drop sequences with a negative advantage whose mean log(rollout / policy) exceeds this (DeepSeek-V3.2). Default: keep all. */
  offPolicyMaskThreshold?: number | undefined;
}

export const CALL_OPTIONS: OptionChecks<CallOptions> = {
  topEntropyQuantile: share,
  entropyCoef: finite,
  offPolicyMaskThreshold: bound,
};
