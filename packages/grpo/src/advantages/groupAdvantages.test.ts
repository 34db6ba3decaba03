import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStdZero, rewardMetrics } from '../metrics/rewardMetrics.ts';
import { groupAdvantages } from './groupAdvantages.ts';

const rewards = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), {
  minLength: 4,
  maxLength: 4,
});

describe('groupAdvantages', () => {
  test.each([
    ['trl', 1, 1e-4],
    ['verl', 1, 1e-6],
    ['skyrl', 1, 1e-6],
    ['openrlhf', 1, 1e-9],
    ['mlx', 0, 1e-4],
  ] as const)('convention %s is ddof %d and eps %d', (convention, ddof, eps) => {
    const values = [1, 0, 0.5, 0, 2, 1, 0, 0];
    expect(groupAdvantages(values, { numGenerations: 4, convention })).toEqual(
      groupAdvantages(values, { numGenerations: 4, ddof, eps }),
    );
  });

  test('a group of one gives 0 under trl and its reward under verl', () => {
    expect([...groupAdvantages([3], { numGenerations: 1 })]).toEqual([0]);
    const [raw] = groupAdvantages([3], { numGenerations: 1, convention: 'verl' });
    expect(raw).toBeCloseTo(3 / (1 + 1e-6), 12);
  });

  test('equal rewards give exactly 0, whatever the scaling', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), (reward) => {
        for (const scaleRewards of ['group', 'batch', 'none'] as const) {
          const values = [reward, reward, reward, 0, 1, 2];
          const advantages = groupAdvantages(values, { numGenerations: 3, scaleRewards });
          expect([...advantages.slice(0, 3)]).toEqual([0, 0, 0]);
        }
      }),
    );
  });

  test('sum to 0 in a group and do not change when a constant is added', () => {
    fc.assert(
      fc.property(rewards, fc.integer({ min: -8, max: 8 }), (values, shift) => {
        const options = { numGenerations: 4, eps: 1e-3 };
        const plain = groupAdvantages(values, options);
        expect(Math.abs(plain.reduce((sum, a) => sum + a, 0))).toBeLessThan(1e-8);
        const shifted = groupAdvantages(
          values.map((r) => r + shift),
          options,
        );
        for (const [i, a] of plain.entries()) expect(Math.abs(a - shifted[i]!)).toBeLessThan(1e-6);
      }),
    );
  });

  test('group ids give what the same groups in order give', () => {
    const mixed = groupAdvantages([1, 5, 0, 7], { groupIds: [9, 4, 9, 4] });
    const ordered = groupAdvantages([1, 0, 5, 7], { numGenerations: 2 });
    expect([mixed[0], mixed[2], mixed[1], mixed[3]]).toEqual([...ordered]);
  });

  test('null rewards are left out and get 0', () => {
    const [a, b, c] = groupAdvantages([1, null, 0], { numGenerations: 3 });
    const [d, e] = groupAdvantages([1, 0], { numGenerations: 2 });
    expect([a, b, c]).toEqual([d, 0, e]);
  });

  test('errors name the numbers and the remedy', () => {
    const thirty = new Array(30).fill(0);
    expect(() => groupAdvantages(thirty, { numGenerations: 8 })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: groupAdvantages: rewards.length must be a multiple of numGenerations (8), got 30. The last 6 belong to an unfinished group: drop them or wait for the rest.]`,
    );
    expect(() => groupAdvantages([0], { numGenerations: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: groupAdvantages: numGenerations must be an integer >= 1, got 0.]`,
    );
    expect(() =>
      groupAdvantages([1, Number.NaN], { numGenerations: 2 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: groupAdvantages: reward 1 is NaN. Return null for a completion that could not be scored.]`,
    );
    const convention = 'vrl' as 'verl';
    expect(() =>
      groupAdvantages([1, 0], { numGenerations: 2, convention }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: groupAdvantages: unknown convention 'vrl'. Did you mean 'trl'? Known: trl, verl, skyrl, openrlhf, mlx.]`,
    );
  });
});

describe('rewardMetrics', () => {
  test('counts groups without spread as TRL does', () => {
    const values = [1, 1, 0, 1, null, 0];
    expect([...isStdZero(values, { numGenerations: 2 })]).toEqual([1, 1, 0, 0, 0, 0]);
    const metrics = rewardMetrics(values, { numGenerations: 2 });
    expect(metrics.reward).toBeCloseTo(0.6, 12);
    expect(metrics.frac_reward_zero_std).toBeCloseTo(1 / 3, 12);
    expect(metrics['group/frac_mixed']).toBeCloseTo(1 / 3, 12);
  });
});
