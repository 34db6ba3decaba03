import { assertLength, assertRolloutLogprobs } from '../base/assertTokens.ts';
import { type Mask, readMask } from '../base/readMask.ts';
import { meanAndMaxDifference } from './meanAndMaxDifference.ts';

/**
 * How far the distribution that tokens were drawn from is from the model's own. Both come from the sampler: exactly 0
 * unless it had filters, penalties or a bias. Where it is not, a ratio of the trainer's log-probs to the model's own is
 * not the ratio to what was drawn: train among the kept ids (a sampling mask), or give `behaviorLogprobs` to
 * `rolloutCorrection` as `rolloutLogprobs`.
 *
 * @param logprobs - `[B*T]`, the sampler's, at its temperature. @param behaviorLogprobs - `[B*T]`, after filters and
 * penalties. NaN in either = not known.
 * @param mask - `[B*T]`, 0/1. Default: every token counts.
 * @throws {GrpoError} `shape` if the lengths differ, `not-finite` for infinite log-probs.
 *
 * @example
 * behaviorMismatch([-1, -2], [-0.5, -2], [1, 1]);
 * // { 'sampling/behavior_logp_difference/mean': 0.25, 'sampling/behavior_logp_difference/max': 0.5 }
 */
export function behaviorMismatch(
  logprobs: ArrayLike<number>,
  behaviorLogprobs: ArrayLike<number>,
  mask?: Mask,
): Record<string, number> {
  const where = 'behaviorMismatch';
  assertLength(where, { logprobs });
  assertLength(where, { behaviorLogprobs }, logprobs.length);
  const keep =
    mask === undefined
      ? new Uint8Array(logprobs.length).fill(1)
      : readMask(where, { mask }, { length: logprobs.length });
  assertRolloutLogprobs(where, { logprobs }, { mask: keep });
  assertRolloutLogprobs(where, { behaviorLogprobs }, { mask: keep });
  const { mean, max } = meanAndMaxDifference(logprobs, behaviorLogprobs, keep);
  return {
    'sampling/behavior_logp_difference/mean': mean,
    'sampling/behavior_logp_difference/max': max,
  };
}
