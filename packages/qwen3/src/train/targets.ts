import type { SamplingMask } from '@molrl/tensor-gpu';

/**
 * The tokens that a loss looks at. All arrays have one entry per target, `[N]`, in the order of the batch; so have the
 * log-probs of `scoreTargets` and what a loss takes and returns.
 */
export interface Targets<Role extends string = string> {
  /** Row of the hidden states `[B * T, H]` that predicts the target: the position before it. Each at most once. */
  rows: Int32Array;
  /** The token to be predicted. */
  ids: Int32Array;
  /** Which loss the target belongs to. */
  roles: Role[];
  /** Sequence of each target: its index in the list the batch was made of. */
  sequenceIds: Int32Array;
  /** The ids that the sampler drew each target from; an empty list: the whole vocabulary. Default: so for all. */
  samplingMask?: SamplingMask | undefined;
}

/** What `scoreTargets` reads of them. */
export type ChosenTargets = Pick<Targets, 'rows' | 'ids' | 'samplingMask'>;
