import { expect, test } from 'vitest';
import { rateSchedule } from './rateSchedule.ts';

test.each([
  ['constant', [1, 1, 1, 1, 1, 1]],
  ['constant_with_warmup', [0.5, 1, 1, 1, 1, 1]],
  ['linear', [0.5, 1, 1, 0.75, 0.5, 0.25]],
  ['cosine', [0.5, 1, 1, 0.8536, 0.5, 0.1464]],
] as const)('%s', (lrSchedulerType, expected) => {
  const rate = rateSchedule({ lrSchedulerType, warmupSteps: 2 }, 6);
  expect(expected.map((_, step) => Number(rate(step).toFixed(4)))).toEqual(expected);
});
