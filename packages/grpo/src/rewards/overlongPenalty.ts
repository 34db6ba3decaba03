import { count, nonNegative, wholeNumber } from '../base/checks.ts';
import { readOptions } from '../base/readOptions.ts';

export interface OverlongPenaltyOptions {
  /** Longest completion that is not fully punished, tokens. */
  maxCompletionLength: number;
  /** Width of the ramp below it, tokens. */
  softPunishCache: number;
}

const REQUIRED = ['maxCompletionLength', 'softPunishCache'] as const;
const CHECKS = { maxCompletionLength: count, softPunishCache: wholeNumber };

/**
 * Soft punishment of completions that near the limit.
 *
 *     0 up to max - cache,  then (max - cache - length) / cache,  -1 beyond max
 *
 * @param length - tokens.
 * @throws {GrpoError} `missing` without an option; `option` for one that is no whole number, or a length that is none >= 0.
 *
 * @example
 * overlongPenalty(90, { maxCompletionLength: 100, softPunishCache: 20 }); // -0.5
 *
 * @see Yu et al. 2025, DAPO, eq. 13: https://arxiv.org/abs/2503.14476
 */
export function overlongPenalty(length: number, options: OverlongPenaltyOptions): number {
  const where = 'overlongPenalty';
  const given = readOptions<OverlongPenaltyOptions>(where, options, {
    checks: CHECKS,
    required: REQUIRED,
  });
  const { maxCompletionLength, softPunishCache } = given;
  nonNegative(where, 'length', length);
  const free = maxCompletionLength - softPunishCache;
  if (length <= free) return 0;
  return length <= maxCompletionLength ? (free - length) / softPunishCache : -1;
}
