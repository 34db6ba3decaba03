import type { Convention } from '../../base/convention.ts';
import type { Reduction } from '../../base/reduction.ts';
import type { KlEstimator, KlEstimatorName } from '../../kl/klEstimators.ts';
import type { ImportanceRatio } from '../../ratio/importanceRatio.ts';
import type { ImportanceSamplingLevel } from '../../ratio/sequenceRatio.ts';

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

/** The options of all losses together. Each loss takes those that its formula has: `LossOptions<'gspo'>`, and the README's table. */
export interface PolicyLossOptions extends StepTotals {
  /** Ratios below 1 - epsilon are clipped. Default 0.2 (gspo 3e-4, gmpo 0.4 in log space). */
  epsilon?: number | undefined;
  /** Ratios above 1 + epsilonHigh are clipped. Default `epsilon` (gspo 4e-4). `cispo` under `'trl'`: the ratio's maximum itself. */
  epsilonHigh?: number | undefined;
  /** Upper bound of the ratio for negative advantages too (two-sided clipping). Default none. */
  delta?: number | undefined;
  /** Dual clip c > 1: for a negative advantage the loss is at most -A * c. Default none (3 under `'verl'`, but for gspo). */
  dualClip?: number | undefined;
  /** Weight of the KL to the reference. Default 0. */
  beta?: number | undefined;
  /**
   * Default `'k3'`. Under `'verl'`, k3 and k3+ are held within verl's bounds by name; a function is taken as it is.
   * `'exact'` takes `klValues`, and the result has a `klGradient`.
   */
  klEstimator?: KlEstimatorName | KlEstimator | 'exact' | undefined;
  /** Multiply the KL estimate by the importance ratio, with gradient (DeepSeek-V3.2). Default true under `'trl'`, as in TRL 1.16. */
  useBiasCorrectionKl?: boolean | undefined;
  /** Default `'token'` (gspo `'sequence'`, gspo_token `'gspo-token'`); or a ratio of your own. */
  importanceSamplingLevel?: ImportanceSamplingLevel | ImportanceRatio | undefined;
  /** Bound of |log ratio| per token before exp. Default none under `'trl'`, 20 under `'verl'`. */
  logRatioClamp?: number | undefined;
  /** Default: the loss type's own, see the README. */
  reduction?: Reduction | undefined;
  /** Micro-batches per optimiser step: a mean that has no total of the step is divided by it. Default 1. */
  gradientAccumulationSteps?: number | undefined;
  /** Horizon of `dr_grpo` and of the `-norm` reductions. */
  maxCompletionLength?: number | undefined;
  /** Whose definition where they differ: clamps, dual clip, `cispo`, `gmpo`. Default `'trl'`. */
  convention?: Convention | undefined;
  /** Soft gate temperatures of `sapo`. Defaults 1 and 1.05. */
  sapoTemperaturePos?: number | undefined;
  sapoTemperatureNeg?: number | undefined;
  /** Gamma weights of `vespo`. Defaults k 2 / 3, lambda 3 / 2. */
  vespoKPos?: number | undefined;
  vespoLambdaPos?: number | undefined;
  vespoKNeg?: number | undefined;
  vespoLambdaNeg?: number | undefined;
  /** Cap of the ratio in `dppo`. Default 20. */
  ratioCap?: number | undefined;
  /** Weight of the squared log ratio in `prime`, `ipo` and `ref_kl`. Default 1e-3. */
  klTau?: number | undefined;
  /** Factor of the advantage in `prime` and `ipo`. Default 1. */
  advTau?: number | undefined;
  /** Weight of the squared log ratio in `dro`. Default 0.1. */
  droBeta?: number | undefined;
  /** Share of tokens that `kl_cov` penalises. Default 2e-4. */
  klCovFraction?: number | undefined;
  /** Weight of |log ratio| on them. Default 1. */
  klCovCoef?: number | undefined;
  /** Covariance range of `clip_cov`'s candidates. Default [1, 5]. */
  clipCovRange?: readonly [number, number] | undefined;
  /** Share of all tokens that `clip_cov` may zero; the candidates are drawn with `seed`. Default 2e-4. */
  clipCovFraction?: number | undefined;
  /** Seed of the draw of `clip_cov`. Default 0. */
  seed?: number | undefined;
  /** Mean of the turn's ratio in `rema`. Default `'geometric'`. */
  turnRatio?: 'geometric' | 'arithmetic' | undefined;
  /** What `rema` averages over: turns within a trajectory first, or all turns alike. Default `'trajectory'`. */
  turnAggregation?: 'trajectory' | 'turn' | undefined;
}

/** What `policyLoss` adds to any loss. */
export interface CallOptions {
  /** Train only this share of tokens, those of highest entropy in this call. Default 1 = all. */
  topEntropyQuantile?: number | undefined;
  /** Loss -= entropyCoef * mean entropy. Default 0. */
  entropyCoef?: number | undefined;
  /** Drop sequences with a negative advantage whose mean log(rollout / policy) exceeds this (DeepSeek-V3.2). Default: keep all. */
  offPolicyMaskThreshold?: number | undefined;
}
