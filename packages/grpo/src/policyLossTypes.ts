// One file for the shapes that every loss shares: they are read together, and have no code.
import type { Reduction } from './aggregateLoss.ts';
import type { Convention } from './convention.ts';
import type { ImportanceRatio } from './importanceRatio.ts';
import type { KlEstimator, KlEstimatorName } from './klEstimators.ts';
import type { ImportanceSamplingLevel } from './sequenceRatio.ts';

/** What a policy loss reads. Per-token arrays are flat `[B*T]`, row-major, indexed by the target token; masked tokens are never read. */
export interface PolicyLossData {
  /** `[B*T]`, log-probs under the weights being trained: the gradient is with respect to these. */
  logprobs: ArrayLike<number>;
  /** `[B*T]`, before this step's first update. Absent = strictly on-policy: ratio exactly 1, with gradient. */
  oldLogprobs?: ArrayLike<number> | undefined;
  /** `[B*T]`, under the frozen base; needed when `beta` is not 0. */
  refLogprobs?: ArrayLike<number> | undefined;
  /** `[B*T]`, as the sampler reported them; NaN where it did not. */
  rolloutLogprobs?: ArrayLike<number> | undefined;
  /** `[B*T]`, of the policy's distribution; needed for the entropy options. */
  entropies?: ArrayLike<number> | undefined;
  /** `[B]` or `[B*T]`. */
  advantages: ArrayLike<number>;
  /** `[B*T]`, 1 on trained tokens (tool and environment tokens 0). */
  completionMask: ArrayLike<number>;
  /** `[B*T]` or `[B]`, constant factors for the sampler-trainer mismatch: see `rolloutCorrection`. */
  importanceWeights?: ArrayLike<number> | undefined;
  /** `[B*T]`, constant factor of each token's whole loss, KL included. Default 1. */
  tokenWeights?: ArrayLike<number> | undefined;
  /** `[B*T]`, constant factor of the objective only, not of the KL: 0 drops a token from the policy gradient. Default 1. */
  objectiveMask?: ArrayLike<number> | undefined;
  /** `[B*T]`, full-vocabulary KL to the base at each token; needed by `klEstimator: 'exact'` and the `kl` loss. */
  klValues?: ArrayLike<number> | undefined;
  /** `[B*T]`, turn number of each token, -1 = none; only for `rema`. */
  turns?: ArrayLike<number> | undefined;
  /** T. */
  sequenceLength: number;
}

/** Options of all losses; each loss reads those that its formula has. */
export interface PolicyLossOptions {
  /** Ratios below 1 - epsilon are clipped. Default 0.2 (gspo 3e-4, gmpo 0.4 in log space). */
  epsilon?: number | undefined;
  /** Ratios above 1 + epsilonHigh are clipped. Default `epsilon` (gspo 4e-4). `cispo` under `'trl'`: the ratio's maximum itself. */
  epsilonHigh?: number | undefined;
  /** Upper bound of the ratio for negative advantages too (two-sided clipping). Default none. */
  delta?: number | undefined;
  /** Dual clip c: for a negative advantage the loss is at most -A * c. Default none (`ppo` 3). */
  dualClip?: number | undefined;
  /** Weight of the KL to the reference. Default 0. */
  beta?: number | undefined;
  /**
   * Default `'k3'`, held within verl's bounds under `'verl'`. `'exact'` takes `klValues`, and the result has a `klGradient`.
   * Other names are looked up by `policyLoss`; a single loss takes the function itself (`klEstimators.k1`).
   */
  klEstimator?: KlEstimatorName | KlEstimator | 'exact' | undefined;
  /** Multiply the KL estimate by the importance ratio, with gradient (DeepSeek-V3.2). Default true under `'trl'`, as in TRL 1.16. */
  useBiasCorrectionKl?: boolean | undefined;
  /**
   * Default `'token'` (gspo `'sequence'`, gspo_token `'gspo-token'`). Names are looked up by `policyLoss`; a single loss takes
   * the function itself (`sequenceRatio`).
   */
  importanceSamplingLevel?: ImportanceSamplingLevel | ImportanceRatio | undefined;
  /** Bound of |log ratio| per token before exp. Default none under `'trl'`, 20 under `'verl'`. */
  logRatioClamp?: number | undefined;
  /** Default: the loss type's own, see the README. */
  reduction?: Reduction | undefined;
  /**
   * Trained tokens of the whole optimiser step over all micro-batches and workers, for the token means. Default: of this call.
   * In TRL's terms: num_items_in_batch * gradient_accumulation_steps / steps_per_generation; divide by the workers where
   * their gradients are averaged instead of summed.
   */
  numItemsInBatch?: number | undefined;
  /** Rows of the whole optimiser step, for the sequence means. Default: of this call. */
  numSequences?: number | undefined;
  /** Micro-batches per optimiser step: losses that normalise by their own micro-batch are divided by it. Default 1. */
  gradientAccumulationSteps?: number | undefined;
  /** Horizon of `dr_grpo` and of the `-norm` reductions. */
  maxCompletionLength?: number | undefined;
  /** Train only this share of tokens, those of highest entropy. Default 1 = all. */
  topEntropyQuantile?: number | undefined;
  /** Loss -= entropyCoef * mean entropy. Default 0. */
  entropyCoef?: number | undefined;
  /** Drop sequences with a negative advantage whose mean log(rollout / policy) exceeds this (DeepSeek-V3.2). Default: keep all. */
  offPolicyMaskThreshold?: number | undefined;
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

/** Value, gradients and what to log. */
export interface PolicyLossResult {
  loss: number;
  /** `[B*T]`, d loss / d logprobs; 0 where masked. */
  gradient: Float64Array;
  /** `[B*T]`, d loss / d entropies; only with an entropy bonus. */
  entropyGradient?: Float64Array;
  /** `[B*T]`, d loss / d klValues; only where the exact KL is used. */
  klGradient?: Float64Array;
  /** `[B*T]`, what was aggregated: with masks, importance weights and KL; 0 where masked. */
  perTokenLoss: Float64Array;
  /** `[B*T]`, importance ratio. */
  ratio: Float64Array;
  /** TRL's names where TRL has one. */
  metrics: Record<string, number>;
}

/** A loss of the registry, or your own. */
export type PolicyLoss = (data: PolicyLossData, options: PolicyLossOptions) => PolicyLossResult;

/** What an objective sees: the inputs after checking, advantages and ratios on every token. */
export interface PolicyBatch {
  logprobs: ArrayLike<number>;
  /** The log-probs in the ratio's denominator; `logprobs` themselves when strictly on-policy. */
  oldLogprobs: ArrayLike<number>;
  refLogprobs?: ArrayLike<number> | undefined;
  klValues?: ArrayLike<number> | undefined;
  mask: ArrayLike<number>;
  advantages: Float64Array;
  /** True when one advantage per sequence was given: then sequence-level quantities are one per sequence. */
  perSequence: boolean;
  /** True when a sequence shares one ratio. */
  sequenceRatio: boolean;
  logRatio: Float64Array;
  /** The token's own log ratio, whatever the level. */
  tokenLogRatio: Float64Array;
  ratio: Float64Array;
  /** On every token. */
  importanceWeights: Float64Array | undefined;
  /** True when one weight per sequence was given. */
  importancePerSequence: boolean;
  sequenceLength: number;
  rows: number;
}

/** One token's loss and its derivatives; the objective writes into it. */
export interface TokenTerm {
  loss: number;
  /** d loss / d log ratio. */
  dLogRatio: number;
  /** d loss / d logprob, other than through the ratio. */
  dLogprob: number;
  /** d loss / d exact KL. */
  dKl: number;
}

/** The formula of a loss: given a batch, how to compute token i, and what to log. */
export type PolicyObjective = (
  batch: PolicyBatch,
  options: PolicyLossOptions,
) => {
  term(i: number, out: TokenTerm): void;
  metrics?(): Record<string, number>;
};
