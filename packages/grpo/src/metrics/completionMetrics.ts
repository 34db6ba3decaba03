import { assertLength } from '../base/assertTokens.ts';
import { wholeNumber } from '../base/checks.ts';
import { readMask } from '../base/readMask.ts';

/**
 * Lengths of the completions, under TRL's names. `terminated` = those that ended with an EOS. 0 where there are none.
 *
 * @param lengths - `[B]`, tokens of the policy. @param truncated - `[B]`, 1 = the last token is no EOS.
 * @throws {GrpoError} `shape` if the lengths of both differ; `option` for a length that is no whole number.
 *
 * @example
 * completionMetrics([3, 5], [0, 1])['completions/clipped_ratio']; // 0.5
 */
export function completionMetrics(
  lengths: ArrayLike<number>,
  truncated: ArrayLike<number>,
): Record<string, number> {
  assertLength('completionMetrics', { lengths });
  const cut = readMask('completionMetrics', { truncated }, { length: lengths.length });
  const all = Array.from(lengths);
  all.forEach((length, i) => {
    wholeNumber('completionMetrics', `lengths[${i}]`, length);
  });
  const ended = all.filter((_, i) => cut[i] === 0);
  return {
    ...lengthMetrics(all, 'length'),
    ...lengthMetrics(ended, 'terminated_length'),
    'completions/clipped_ratio': (all.length - ended.length) / (all.length || 1),
  };
}

function lengthMetrics(lengths: readonly number[], name: string): Record<string, number> {
  const sum = lengths.reduce((total, length) => total + length, 0);
  return {
    [`completions/mean_${name}`]: sum / (lengths.length || 1),
    [`completions/min_${name}`]: lengths.reduce((a, b) => Math.min(a, b), lengths[0] ?? 0),
    [`completions/max_${name}`]: lengths.reduce((a, b) => Math.max(a, b), 0),
  };
}
