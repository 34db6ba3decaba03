import { mean } from './statistics.ts';

/**
 * Lengths of the completions, under TRL's names. `terminated` = those that ended with an EOS; 0 if there are none.
 *
 * @param lengths - `[B]`, tokens. @param truncated - `[B]`, 1 = no EOS.
 *
 * @example
 * completionMetrics([3, 5], [0, 1])['completions/clipped_ratio']; // 0.5
 */
export function completionMetrics(
  lengths: ArrayLike<number>,
  truncated: ArrayLike<number>,
): Record<string, number> {
  const all = Array.from(lengths);
  const ended = all.filter((_, i) => truncated[i] === 0);
  const terminated = ended.length > 0 ? ended : [0];
  return {
    'completions/mean_length': mean(all),
    'completions/min_length': Math.min(...all),
    'completions/max_length': Math.max(...all),
    'completions/mean_terminated_length': mean(terminated),
    'completions/min_terminated_length': Math.min(...terminated),
    'completions/max_terminated_length': Math.max(...terminated),
    'completions/clipped_ratio': 1 - ended.length / (all.length || 1),
  };
}
