import { describe, expect, test } from 'vitest';
import { rejectionMask } from './rejectionMask.ts';
import { rolloutCorrection } from './rolloutCorrection.ts';

describe('rolloutCorrection', () => {
  const data = {
    oldLogprobs: [-1, -2, -3, -4],
    rolloutLogprobs: [-1.5, -2, Number.NaN, -9],
    completionMask: [1, 1, 1, 0],
    sequenceLength: 2,
  };

  test('an unknown log-prob counts as equal, a masked token not at all', () => {
    const { weights } = rolloutCorrection(data, { mode: 'token_truncate' });
    expect([...weights]).toEqual([Math.exp(0.5), 1, 1, 0]);
  });

  test('geometric is the mean over the sequence', () => {
    const { sequenceWeights } = rolloutCorrection(data, { mode: 'geometric_truncate' });
    expect(sequenceWeights![0]).toBeCloseTo(Math.exp(0.25), 12);
  });

  test('errors', () => {
    const mode = 'token_trim' as 'token_mask';
    expect(() => rolloutCorrection(data, { mode })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: rolloutCorrection: unknown action of mode 'trim'. Did you mean 'mask'? Known: truncate, mask.]`,
    );
    expect(() => rolloutCorrection(data, { clipMin: 4 })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: rolloutCorrection: clipMin 4 is above clipMax 3.]`,
    );
    expect(() =>
      rejectionMask(data, { statistic: 'token_k1', high: 2 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: rejectionMask: statistic 'token_k1' needs low, the lower bound.]`,
    );
  });
});
