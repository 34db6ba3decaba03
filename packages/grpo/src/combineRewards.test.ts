import { describe, expect, test } from 'vitest';
import { combineRewards } from './combineRewards.ts';

describe('combineRewards', () => {
  test('a function that does not apply takes no part; none at all leaves the completion unscored', () => {
    const rewards = [
      [1, null, null],
      [2, 4, null],
    ];
    expect(combineRewards(rewards, [1, 0.5])).toEqual([2, 2, null]);
    expect(combineRewards(rewards)).toEqual([3, 4, null]);
  });

  test('errors name the lengths', () => {
    expect(() => combineRewards([[1], [1]], [1])).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: combineRewards: 2 reward functions but 1 weights.]`,
    );
    expect(() => combineRewards([[1, 2], [1]])).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: combineRewards: reward function 1 scored 1 completions, the first one 2.]`,
    );
  });
});
