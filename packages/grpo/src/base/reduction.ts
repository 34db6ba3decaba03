/**
 * How per-token losses become one number. In brackets what TRL calls it.
 * `token-mean` (`dapo`, `bnpo`), `token-sum`, `seq-mean-token-mean`, `seq-mean-token-mean-all` (`grpo`),
 * `seq-mean-token-sum` , `seq-mean-token-sum-all` (`luspo`), `seq-mean-token-sum-norm`, `token-sum-norm` (`dr_grpo`).
 * Without `-all`, fully masked sequences are not counted (verl); with it every row counts (TRL).
 */
export type Reduction = (typeof REDUCTIONS)[number];

/** Their names, for the checks of options. */
export const REDUCTIONS = [
  'token-mean',
  'token-sum',
  'token-sum-norm',
  'seq-mean-token-mean',
  'seq-mean-token-mean-all',
  'seq-mean-token-sum',
  'seq-mean-token-sum-all',
  'seq-mean-token-sum-norm',
] as const;

/** What a reduction's mean is over: tokens, all rows, rows with a trained token; `undefined` for the sum, which is no mean. */
export function meanOver(reduction: Reduction): 'tokens' | 'rows' | 'live rows' | undefined {
  if (reduction === 'token-mean') return 'tokens';
  if (reduction === 'token-sum') return undefined;
  return reduction === 'token-sum-norm' || reduction.endsWith('-all') ? 'rows' : 'live rows';
}
