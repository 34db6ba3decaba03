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
}
