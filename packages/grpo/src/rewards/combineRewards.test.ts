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

  // As in TRL 1.16: nansum over the weighted rewards, null only where every function said null.
  test('a function of weight 0 scores: where it alone did, the reward is 0', () => {
    expect(
      combineRewards(
        [
          [null, 1],
          [0.7, 2],
        ],
        [1, 0],
      ),
    ).toEqual([0, 1]);
  });

  test('what is neither a number nor null is refused by its place', () => {
    for (const bad of [undefined, Number.NaN, '1', true, Number.POSITIVE_INFINITY]) {
      expect(() => combineRewards([[1, bad as number]])).toThrow(
        /combineRewards: reward of function 0, 1 is/,
      );
    }
    expect(() => combineRewards([[1], [1]], [1, Number.NaN])).toThrow(
      'weights is NaN at position 1',
    );
    expect(() => combineRewards([])).toThrow('at least one function');
    expect(() => combineRewards(undefined as never)).toThrow('combineRewards: needs rewards');
  });
});
