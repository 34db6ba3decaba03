import { describe, expect, test } from 'vitest';
import { dapoLoss, exactKlLoss } from './losses.ts';
import { mixtureLoss } from './mixtureLoss.ts';

describe('mixtureLoss', () => {
  test('a policy gradient and the exact KL in one step', () => {
    const data = {
      logprobs: [-1, -2],
      klValues: [0.5, 0.25],
      advantages: [1],
      completionMask: [1, 0],
      sequenceLength: 2,
    };
    const result = mixtureLoss(data, {
      rl: { loss: dapoLoss },
      kl: { loss: exactKlLoss, weights: [0, 1], ignoreCompletionMask: true, scale: 0.1 },
    });
    expect(result.parts.rl).toBe(-1);
    expect(result.parts.kl).toBeCloseTo(0.025, 12);
    expect([...result.gradient]).toEqual([-1, 0]);
    expect([...result.klGradient!]).toEqual([0, 0.1]);
  });
});
