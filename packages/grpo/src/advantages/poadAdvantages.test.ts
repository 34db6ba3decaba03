import { describe, expect, test } from 'vitest';
import { poadAdvantages } from './poadAdvantages.ts';

describe('poadAdvantages', () => {
  test('turns of one token are GAE between turns', () => {
    const { advantages } = poadAdvantages(
      { tokenRewards: [1, 2], values: [0.5, 0.25], turns: [0, 1], sequenceLength: 2 },
      { gamma: 0.9, lambda: 0.5 },
    );
    const last = 2 - 0.25;
    expect(advantages[1]).toBeCloseTo(last, 12);
    expect(advantages[0]).toBeCloseTo(1 + 0.9 * 0.25 - 0.5 + 0.9 * 0.5 * last, 12);
  });

  test('inside a turn nothing is discounted', () => {
    const { advantages } = poadAdvantages(
      { tokenRewards: [9, 1], values: [0, 0], turns: [0, 0], sequenceLength: 2 },
      { gamma: 0.5 },
    );
    expect([...advantages]).toEqual([1, 1]); // the 9 lies inside the turn: not a turn's reward
  });

  test('tokens of no turn are not read, others are checked by place', () => {
    const data = {
      tokenRewards: [Number.NaN, 1, Number.NaN, 2],
      values: [0, 0, Number.NaN, 0],
      turns: [0, 0, -1, 1],
      sequenceLength: 4,
    };
    expect([...poadAdvantages(data).advantages]).toEqual([3, 3, 0, 2]);
    const run = (more: object) => () => poadAdvantages({ ...data, ...more });
    expect(run({ tokenRewards: [0, Number.NaN, 0, 0] })).toThrow(
      'tokenRewards is NaN at sequence 0, position 1',
    );
    expect(run({ values: [0, Number.NaN, 0, 0] })).toThrow('values is NaN');
    expect(run({ turns: [1, 1, -1, 0] })).toThrow('turns must rise within a sequence');
    expect(run({ turns: [0, 0.5, -1, 1] })).toThrow(
      'turns[1] must be a turn number, or -1, got 0.5',
    );
    expect(() => poadAdvantages(data, { gamma: 1.5 })).toThrow(
      'gamma must be a number from 0 to 1',
    );
  });
});
