import { expect, test } from 'vitest';
import { completionMask } from './completionMask.ts';
import { completionMetrics } from './completionMetrics.ts';

test('completionMask ends with the first EOS and can drop truncated completions', () => {
  const ids = [
    [5, 2, 5],
    [5, 5],
  ];
  const result = completionMask(ids, { eosIds: [2], maskTruncatedCompletions: true });
  expect([...result.mask]).toEqual([1, 1, 0, 0, 0, 0]);
  expect(completionMetrics(result.lengths, result.truncated)).toMatchObject({
    'completions/mean_length': 2,
    'completions/clipped_ratio': 0.5,
    'completions/mean_terminated_length': 2,
  });
});
