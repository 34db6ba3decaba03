export interface OverlongPenaltyOptions {
  /** Longest completion that is not fully punished, tokens. */
  maxCompletionLength: number;
  /** Width of the ramp below it, tokens. */
  softPunishCache: number;
}

/**
 * Soft punishment of completions that near the limit.
 *
 *     0 up to max - cache,  then (max - cache - length) / cache,  -1 beyond max
 *
 * @param length - tokens.
 *
 * @example
 * overlongPenalty(90, { maxCompletionLength: 100, softPunishCache: 20 }); // -0.5
 *
 * @see Yu et al. 2025, DAPO, eq. 13: https://arxiv.org/abs/2503.14476
 */
export function overlongPenalty(length: number, options: OverlongPenaltyOptions): number {
  const { maxCompletionLength, softPunishCache } = options;
  const free = maxCompletionLength - softPunishCache;
  if (length <= free) return 0;
  return length <= maxCompletionLength ? (free - length) / softPunishCache : -1;
}
