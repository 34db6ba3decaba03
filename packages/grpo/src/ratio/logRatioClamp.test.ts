import { describe, expect, test } from 'vitest';
import { policyLoss } from '../loss/policyLoss.ts';

/** The first token's log ratio of 0.3 is beyond the clamp, the second one's 0.05 within it. */
const data = {
  logprobs: [-1, -1],
  oldLogprobs: [-1.3, -1.05],
  advantages: [1],
  completionMask: [1, 1],
  turns: [0, 0],
  sequenceLength: 2,
};
const meanRatio = Math.exp((0.1 + 0.05) / 2);

describe.each(['gmpo', 'rema', 'gspo', 'dapo'] as const)('%s', (lossType) => {
  test('a log ratio that logRatioClamp holds has no gradient', () => {
    const wide = lossType === 'gmpo' || lossType === 'dapo' ? {} : { epsilonHigh: 1 };
    const { loss, gradient } = policyLoss(data, { lossType, logRatioClamp: 0.1, ...wide });
    expect(gradient[0]).toBe(0);
    expect(gradient[1]).toBeLessThan(0);
    if (lossType !== 'dapo') expect(loss).toBeCloseTo(-meanRatio, 12);
    const h = 1e-6;
    const lossAt = (more: number) =>
      policyLoss({ ...data, logprobs: [-1, -1 + more] }, { lossType, logRatioClamp: 0.1, ...wide })
        .loss;
    expect(gradient[1]).toBeCloseTo((lossAt(h) - lossAt(-h)) / (2 * h), 6);
  });
});

describe('gmpo', () => {
  test('a ratio beyond the numbers is an error, as in the other losses', () => {
    const far = { ...data, oldLogprobs: [-2001, -2001], advantages: [-1] };
    expect(() => policyLoss(far, { lossType: 'gmpo' })).toThrow(/gmpoLoss: no finite loss/);
  });

  test('an estimator of the KL that gives NaN is an error', () => {
    const klEstimator = () => ({ value: Number.NaN, gradient: 0 });
    const call = { lossType: 'gmpo', beta: 0.1, klEstimator } as const;
    expect(() => policyLoss({ ...data, refLogprobs: [-1, -1] }, call)).toThrow(/no finite loss/);
  });

  test("'trl': an advantage on every token is one per sequence, whatever objectiveMask drops", () => {
    for (const objectiveMask of [
      [1, 1],
      [0, 1],
      [0, 0],
    ]) {
      const of = (advantages: number[]) =>
        policyLoss({ ...data, objectiveMask, advantages }, { lossType: 'gmpo' });
      expect(of([2, 2])).toEqual(of([2]));
    }
  });
});
