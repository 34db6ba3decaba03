import { expect, test } from 'vitest';
import { explainStep } from '../metrics/explainStep.ts';
import { behaviorMismatch } from './behaviorMismatch.ts';

test('behaviorMismatch is 0 where the model itself was drawn from, and named by explainStep where it was not', () => {
  const logprobs = [-1.5, -0.25, -7];
  const same = behaviorMismatch(logprobs, logprobs);
  expect(same).toEqual({
    'sampling/behavior_logp_difference/mean': 0,
    'sampling/behavior_logp_difference/max': 0,
  });
  expect(explainStep(same)).toEqual([]);
  const filtered = behaviorMismatch(logprobs, [-1, Number.NaN, -2], [1, 1, 0]);
  expect(filtered['sampling/behavior_logp_difference/max']).toBe(0.5);
  expect(explainStep(filtered)[0]).toContain('0.5 nats');
});

test('behaviorMismatch refuses arrays of two lengths and infinite log-probs', () => {
  expect(() => behaviorMismatch([-1, -2], [-1])).toThrow('behaviorLogprobs');
  expect(() => behaviorMismatch([-1], [Number.NEGATIVE_INFINITY])).toThrow(
    'behaviorMismatch: behaviorLogprobs is -Infinity',
  );
});
