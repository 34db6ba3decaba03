import { expect, test } from 'vitest';
import { logprobMismatch } from './logprobMismatch.ts';

test('logprobMismatch reads neither masked tokens nor those the sampler did not report', () => {
  const metrics = logprobMismatch([-1, -2, -3, -9], [-1.5, -3, Number.NaN, 0], [1, 1, 1, 0]);
  expect(metrics['sampling/sampling_logp_difference/mean']).toBe(0.75);
  expect(metrics['sampling/sampling_logp_difference/max']).toBe(1);
});
