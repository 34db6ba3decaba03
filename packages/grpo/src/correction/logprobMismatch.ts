import { assertLength, assertLogprobs, assertRolloutLogprobs } from '../base/assertTokens.ts';
import { type Mask, readMask } from '../base/readMask.ts';
import { meanAndMaxDifference } from './meanAndMaxDifference.ts';

/**
 * How far the sampler's log-probs are from the trainer's, under TRL's names. With one engine for both it is rounding (1e-5).
 *
 * @param logprobs - `[B*T]`, the trainer's, before the first update. @param rolloutLogprobs - `[B*T]`, NaN = not known.
 * @param mask - `[B*T]`, 0/1. Default: every token counts, as in target-aligned `[N]` arrays.
 * @throws {GrpoError} `shape` if the lengths differ; `not-finite` where the trainer's are not finite, `option` for log-probs above 0.
 *
 * @example
 * logprobMismatch([-1, -2], [-1.5, -2], [1, 1]);
 * // { 'sampling/sampling_logp_difference/mean': 0.25, 'sampling/sampling_logp_difference/max': 0.5 }
 */
export function logprobMismatch(
  logprobs: ArrayLike<number>,
  rolloutLogprobs: ArrayLike<number>,
  mask?: Mask,
): Record<string, number> {
  const where = 'logprobMismatch';
  assertLength(where, { logprobs });
  assertLength(where, { rolloutLogprobs }, logprobs.length);
  const keep =
    mask === undefined
      ? new Uint8Array(logprobs.length).fill(1)
      : readMask(where, { mask }, { length: logprobs.length });
  assertLogprobs(where, { logprobs }, { mask: keep });
  assertRolloutLogprobs(where, { rolloutLogprobs }, { mask: keep });
  const { mean, max } = meanAndMaxDifference(logprobs, rolloutLogprobs, keep);
  return {
    'sampling/sampling_logp_difference/mean': mean,
    'sampling/sampling_logp_difference/max': max,
  };
}
