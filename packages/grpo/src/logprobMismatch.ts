import { assertLength } from './assertTokens.ts';

/**
 * How far the sampler's log-probs are from the trainer's, under TRL's names. With one engine for both it is rounding (1e-5).
 *
 * @param logprobs - `[B*T]`, the trainer's, before the first update. @param rolloutLogprobs - `[B*T]`, NaN = not known.
 * @param mask - `[B*T]`, 0/1.
 * @throws {GrpoError} `shape` if the lengths differ.
 *
 * @example
 * logprobMismatch([-1, -2], [-1.5, -2], [1, 1]);
 * // { 'sampling/sampling_logp_difference/mean': 0.25, 'sampling/sampling_logp_difference/max': 0.5 }
 */
export function logprobMismatch(
  logprobs: ArrayLike<number>,
  rolloutLogprobs: ArrayLike<number>,
  mask: ArrayLike<number>,
): Record<string, number> {
  assertLength('logprobMismatch', 'rolloutLogprobs', rolloutLogprobs, logprobs.length);
  assertLength('logprobMismatch', 'mask', mask, logprobs.length);
  let [sum, count, max] = [0, 0, 0];
  for (let i = 0; i < mask.length; i++) {
    const difference = Math.abs(logprobs[i]! - rolloutLogprobs[i]!);
    if (mask[i] === 0 || Number.isNaN(difference)) continue;
    sum += difference;
    max = Math.max(max, difference);
    count++;
  }
  return {
    'sampling/sampling_logp_difference/mean': sum / (count || 1),
    'sampling/sampling_logp_difference/max': max,
  };
}
