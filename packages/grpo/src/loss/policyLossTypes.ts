// One file for the shapes that every loss shares: they are read together, and have no code.

import type { Convention } from '../base/convention.ts';
import type { Mask } from '../base/readMask.ts';
import type { TargetAligned } from '../base/targetAligned.ts';
import type { KlEstimator, KlEstimatorName } from '../kl/klEstimators.ts';
import type { ImportanceRatio } from '../ratio/importanceRatio.ts';
import type { ImportanceSamplingLevel } from '../ratio/sequenceRatio.ts';
import type { Reduction } from './reduction.ts';

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
  /** `[B*T]`, 1 (or true) on trained tokens, 0 (or false) on tool and environment tokens. */
  completionMask: Mask;
  /** `[B*T]` or `[B]`, constant factors for the sampler-trainer mismatch: see `rolloutCorrection`. */
  importanceWeights?: ArrayLike<number> | undefined;
  /** `[B*T]`, constant factor of each token's whole loss, KL included. Default 1. */
  tokenWeights?: ArrayLike<number> | undefined;
  /**
   * `[B*T]`, 0 (or false) drops a token from the objective, not from the KL nor from any denominator. Default: none is dropped.
   * A factor of the objective is `importanceWeights`.
   */
  objectiveMask?: Mask | undefined;
  /** `[B*T]`, full-vocabulary KL to the base at each token; needed by `klEstimator: 'exact'` and the `kl` loss. */
  klValues?: ArrayLike<number> | undefined;
  /** `[B*T]`, turn number of each token, -1 = none; only for `rema`. */
  turns?: ArrayLike<number> | undefined;
  /** T. */
  sequenceLength: number;
  /** Not in a grid: see `AlignedPolicyLossData`. */
  sequenceIds?: undefined;
}

/**
 * The same for trained tokens alone: every per-token array is `[N]`, `advantages` and `importanceWeights` `[B]` or `[N]`; what
 * comes back is `[N]`. No mask, no padding. N values of `advantages` are one per token.
 */
export type AlignedPolicyLossData = TargetAligned<PolicyLossData>;

/** What the losses of this package take: a grid, or target-aligned arrays. */
export type PolicyLossInput = PolicyLossData | AlignedPolicyLossData;

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

/** The per-token results of a loss. */
export const PER_TOKEN: readonly (
  | 'gradient'
  | 'entropyGradient'
  | 'klGradient'
  | 'perTokenLoss'
  | 'ratio'
)[] = ['gradient', 'entropyGradient', 'klGradient', 'perTokenLoss', 'ratio'];

/** A loss of this package: it takes both forms of the data. */
export type PackageLoss<Options> = (data: PolicyLossInput, options: Options) => PolicyLossResult;

/** A loss of your own, or of the registry; `Options` is what it reads. It gets a grid. */
export type PolicyLoss<Options = PolicyLossOptions> = (
  data: PolicyLossData,
  options: Options,
) => PolicyLossResult;

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

/** What an objective sees: the inputs after checking, advantages and ratios on every token. */
export interface PolicyBatch {
  logprobs: ArrayLike<number>;
  /** The log-probs in the ratio's denominator; `logprobs` themselves when strictly on-policy. */
  oldLogprobs: ArrayLike<number>;
  refLogprobs?: ArrayLike<number> | undefined;
  klValues?: ArrayLike<number> | undefined;
  entropies?: ArrayLike<number> | undefined;
  tokenWeights?: ArrayLike<number> | undefined;
  turns?: ArrayLike<number> | undefined;
  /** 1 on trained tokens. */
  mask: Uint8Array;
  /** 1 on trained tokens that the objective keeps. */
  kept: Uint8Array;
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
