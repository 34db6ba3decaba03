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
});
