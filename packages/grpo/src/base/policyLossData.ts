import type { Mask } from './readMask.ts';
import type { TargetAligned } from './targetAligned.ts';

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
