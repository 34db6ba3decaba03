import { describe, expect, test } from 'vitest';
import { gmpoLoss } from './gmpoLoss.ts';
import { crossEntropyLoss, dapoLoss, exactKlLoss } from './losses.ts';
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

  test('is the sum of its parts, each with its own weights, scale and normaliser', () => {
    const data = {
      logprobs: [-1, -2, -0.5, -3],
      oldLogprobs: [-1.1, -2, -0.4, -3],
      advantages: [1, -0.5],
      completionMask: [1, 1, 0, 1],
      sequenceLength: 2,
    };
    const weights = [0, 0.5, 2, 0];
    const mixture = mixtureLoss(data, {
      rl: { loss: dapoLoss, normalizer: 6 },
      ce: { loss: crossEntropyLoss, weights, ignoreCompletionMask: true, scale: 0.25 },
    });
    const rl = dapoLoss(data, { numItemsInBatch: 6 });
    expect(mixture.parts.rl).toBeCloseTo(rl.loss, 12);
    expect(mixture.parts.ce).toBeCloseTo((0.25 * (0.5 * 2 + 2 * 0.5)) / 2, 12);
    expect(mixture.loss).toBeCloseTo(mixture.parts.rl! + mixture.parts.ce!, 12);
    for (const [i, g] of mixture.gradient.entries())
      expect(g).toBeCloseTo(rl.gradient[i]! - (0.25 * weights[i]!) / 2, 12);
  });

  test('a loss that has no token weights is refused', () => {
    const data = { logprobs: [-1], advantages: [1], completionMask: [1], sequenceLength: 1 };
    expect(() => mixtureLoss(data, { rl: { loss: gmpoLoss } })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: mixtureLoss: component 'rl': gmpo and rema are means of sequences and turns, and have no token sum to mix. Add their gradients yourself.]`,
    );
  });
});
