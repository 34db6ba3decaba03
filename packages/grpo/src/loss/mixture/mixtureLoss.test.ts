import { describe, expect, test } from 'vitest';
import { crossEntropyLoss, dapoLoss, exactKlLoss } from '../losses.ts';
import { gmpoLoss } from '../sequences/gmpoLoss.ts';
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

  const one = { logprobs: [-1, -1], advantages: [1], completionMask: [1, 1], sequenceLength: 2 };

  test('a mixture of nothing is an error: it would train nothing in silence', () => {
    for (const none of [undefined, null, {}, [], 'dapo', 1, Symbol('x')])
      expect(() => mixtureLoss(one, none as never)).toThrow(/mixtureLoss: (needs )?components/);
  });

  test.each([null, '2', Number.NaN, 1n, Symbol('x')])(
    'a token weight of %s is an error that names its place, beside weights too',
    (weight) => {
      const data = { ...one, tokenWeights: [1, weight] as number[] };
      const run = () => mixtureLoss(data, { a: { loss: 'dapo', weights: [1, 1] } });
      expect(run).toThrow(/tokenWeights is .* at sequence 0, position 1/);
    },
  );

  test('a function that gives no result is named', () => {
    for (const result of [undefined, 1, {}, { gradient: [1] }])
      expect(() => mixtureLoss(one, { a: { loss: () => result as never } })).toThrow(
        "component 'a': loss must be a function that gives a PolicyLossResult",
      );
  });
});
