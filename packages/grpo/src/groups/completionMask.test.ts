import { describe, expect, test } from 'vitest';
import { completionMetrics } from '../metrics/completionMetrics.ts';
import { klInReward } from '../rewards/klInReward.ts';
import { completionMask } from './completionMask.ts';

const eosIds = [2];

describe('completionMask', () => {
  // TRL 1.16: the mask is all ones over a row's ids, times the tool mask; truncated = the last id is no end mark.
  test('a row of several turns is trained in all of them, and truncated by its last id alone', () => {
    const ids = [
      [5, 6, 2, 9, 9, 7, 8, 2],
      [5, 2, 9, 7],
    ];
    const toolMask = [
      [1, 1, 1, 0, 0, 1, 1, 1],
      [true, true, false, true],
    ];
    const { mask, truncated, lengths, trainedTokens } = completionMask(ids, { eosIds, toolMask });
    expect([...mask].join('')).toBe('1110011111010000');
    expect([...truncated]).toEqual([0, 1]);
    expect([...lengths]).toEqual([6, 3]);
    expect(trainedTokens).toBe(9);
    expect(completionMetrics(lengths, truncated)).toMatchObject({
      'completions/clipped_ratio': 0.5,
      'completions/mean_length': 4.5,
      'completions/mean_terminated_length': 6,
    });
    const { tokenRewards } = klInReward(
      {
        rewards: [1, 0],
        logprobs: new Float64Array(16).fill(-1),
        refLogprobs: new Float64Array(16).fill(-1),
        completionMask: mask,
        sequenceLength: 8,
      },
      { coef: 0.1 },
    );
    expect(tokenRewards[7]).toBe(1); // the end of the last turn, not of the first
    expect(tokenRewards[2]).toBeCloseTo(0, 12);
  });

  test('truncated completions can be masked out; lengths stay those that were sampled', () => {
    const ids = [[5, 2], [5, 5, 5], []];
    const result = completionMask(ids, { eosIds, maskTruncatedCompletions: true });
    expect([...result.mask]).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0]);
    expect([...result.lengths]).toEqual([2, 3, 0]);
    expect([...result.truncated]).toEqual([0, 1, 1]);
    expect(result.trainedTokens).toBe(2);
  });

  test('padding is told by lengths, also when the pad is an end mark', () => {
    const ids = [
      [5, 6, 2, 2, 2],
      [5, 2, 7, 2, 2],
    ];
    const { mask, truncated } = completionMask(ids, { eosIds, lengths: [3, 3] });
    expect([...mask]).toEqual([1, 1, 1, 0, 0, 1, 1, 1, 0, 0]);
    expect([...truncated]).toEqual([0, 1]);
  });

  test('a single turn that ran on beyond its end is cut there when asked', () => {
    const ids = [
      [5, 2, 5],
      [5, 5],
    ];
    const result = completionMask(ids, { eosIds, endAtFirstEos: true });
    expect([...result.mask]).toEqual([1, 1, 0, 1, 1, 0]);
    expect([...result.truncated]).toEqual([0, 1]);
    expect([...completionMask(ids, { eosIds }).truncated]).toEqual([1, 1]);
  });

  test('errors', () => {
    const run = (options: object, ids: unknown = [[5, 2]]) => {
      return () => completionMask(ids as number[][], options as { eosIds: number[] });
    };
    expect(run({})).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: completionMask: needs eosIds.]`,
    );
    expect(run({ eosIds, toolMask: [[1]] })).toThrow('toolMask[0] must have 2 values, got 1');
    expect(run({ eosIds, toolMask: [[1, 0.5]] })).toThrow('must be 0, 1, false or true, got 0.5');
    expect(run({ eosIds, lengths: [3] })).toThrow('lengths[0] is 3, but the row has 2 tokens');
    expect(run({ eosIds, sequenceLength: 1 })).toThrow('completion 0 has 2 tokens');
    expect(run({ eosIds, eos_ids: [2] })).toThrow("Did you mean 'eosIds'?");
    expect(run({ eosIds }, [[5, Number.NaN]])).toThrow('token 1 of completion 0 must be an id');
    expect(run({ eosIds }, [5, 2])).toThrow('completionIds[0] must be an array, got 5');
  });
});

test('200,000 rows are no matter', () => {
  const rows = Array.from({ length: 200_000 }, () => [5, 2]);
  const { lengths, truncated } = completionMask(rows, { eosIds });
  expect(completionMetrics(lengths, truncated)['completions/max_length']).toBe(2);
});

test('completionMetrics of nothing is 0, of NaN an error', () => {
  for (const value of Object.values(completionMetrics([], []))) expect(value).toBe(0);
  expect(() => completionMetrics([1, Number.NaN], [0, 0])).toThrow('lengths[1] must be an integer');
  expect(() => completionMetrics([1], [2])).toThrow('truncated must be 0, 1, false or true, got 2');
});
