import { describe, expect, test } from 'vitest';
import { gdpoAdvantages } from '../advantages/gdpoAdvantages.ts';
import { groupAdvantages } from '../advantages/groupAdvantages.ts';
import { maxRlAdvantages } from '../advantages/maxRlAdvantages.ts';
import { passAtkAdvantages } from '../advantages/passAtkAdvantages.ts';
import {
  reinforcePlusPlusAdvantages,
  reinforcePlusPlusBaselineAdvantages,
} from '../advantages/reinforcePlusPlusAdvantages.ts';
import { rewardToGoAdvantages } from '../advantages/rewardToGoAdvantages.ts';
import { rlooAdvantages } from '../advantages/rlooAdvantages.ts';
import { topTwoAdvantages } from '../advantages/topTwoAdvantages.ts';
import { filterGroups } from '../groups/filterGroups.ts';
import { isStdZero, rewardMetrics } from '../metrics/rewardMetrics.ts';
import { combineRewards } from '../rewards/combineRewards.ts';
import { hasSpread } from './hasSpread.ts';

const CONVENTIONS = ['trl', 'verl', 'skyrl', 'openrlhf', 'mlx'] as const;

/** Every advantage of a group, at its most sensitive: eps 0 where there is one. */
const advantages: Record<string, (rewards: number[]) => ArrayLike<number>> = {
  ...Object.fromEntries(
    CONVENTIONS.map((convention) => [
      convention,
      (r: number[]) => groupAdvantages(r, { numGenerations: r.length, convention, eps: 0 }),
    ]),
  ),
  unscaled: (r) => groupAdvantages(r, { numGenerations: r.length, scaleRewards: 'none' }),
  batch: (r) => groupAdvantages(r, { numGenerations: r.length, scaleRewards: 'batch', eps: 0 }),
  gdpo: (r) => gdpoAdvantages([r], { numGenerations: r.length, eps: 0 }),
  rloo: (r) => rlooAdvantages(r, { numGenerations: r.length, normalizeAdvantages: true }),
  maxRl: (r) => maxRlAdvantages(r, { numGenerations: r.length }),
  passAtk: (r) => passAtkAdvantages(r, { numGenerations: r.length, k: 1 }),
  topTwo: (r) => topTwoAdvantages(r, { numGenerations: r.length, eps: 0 }),
  reinforcePlusPlus: (r) => reinforcePlusPlusAdvantages(oneToken(r)),
  reinforcePlusPlusBaseline: (r) =>
    reinforcePlusPlusBaselineAdvantages(oneToken(r), { numGenerations: r.length }),
  rewardToGo: (r) =>
    rewardToGoAdvantages(oneToken(r), { numGenerations: r.length, scale: true, eps: 0 }),
};

const oneToken = (r: number[]) => ({
  tokenRewards: r,
  completionMask: r.map(() => 1),
  sequenceLength: 1,
});

const combined = combineRewards([
  [0.1, 0.3],
  [0.2, 0],
]) as number[];
const aroundZero = combineRewards([
  [0.1 + 0.2, 0.3],
  [-0.3, -0.3],
]) as number[];

const FLAT: [title: string, rewards: number[]][] = [
  ['a sum of rewards', combined],
  ['a sum around 0', aroundZero],
  ['rewards of 1e6', [1000000.2999999999, 1000000.3]],
  ['rewards of 1e12', [1e12 + 0.0001, 1e12]],
  ['rewards of 1e-6', [3e-6, 1e-6 + 2e-6]],
  ['all alike', [7, 7, 7]],
];
const SPREAD: [title: string, rewards: number[]][] = [
  ['right and wrong', [1, 0, 0, 1]],
  ['rewards of 1e-6', [2e-6, 1e-6]],
  ['rewards of 1e6', [1e6 + 1, 1e6]],
];

describe('no spread is one thing', () => {
  test.each(FLAT)('%s: dead to advantages, filter and metrics', (_, rewards) => {
    const G = { numGenerations: rewards.length };
    expect(hasSpread(rewards)).toBe(false);
    for (const [name, run] of Object.entries(advantages)) {
      for (const a of Array.from(run(rewards))) expect(Math.abs(a), name).toBe(0);
    }
    expect(filterGroups(rewards, G).fraction).toBe(0);
    expect([...isStdZero(rewards, G)].every((flag) => flag === 1)).toBe(true);
    expect([...isStdZero(rewards, { ...G, scaleRewards: 'batch' })][0]).toBe(1);
    expect(rewardMetrics(rewards, G)).toMatchObject({
      frac_reward_zero_std: 1,
      'group/frac_mixed': 0,
    });
  });

  test.each(SPREAD)('%s: alive to all of them', (_, rewards) => {
    const G = { numGenerations: rewards.length };
    for (const name of [...CONVENTIONS, 'unscaled', 'gdpo', 'rloo', 'maxRl', 'reinforcePlusPlus']) {
      expect(Math.abs(advantages[name]!(rewards)[0]!), name).toBeGreaterThan(0);
    }
    expect(filterGroups(rewards, G).fraction).toBe(1);
    expect([...isStdZero(rewards, G)][0]).toBe(0);
    expect(rewardMetrics(rewards, G)['group/frac_mixed']).toBe(1);
  });

  test('rounding does not make an answer right', () => {
    const rewards = [aroundZero[0]!, 0, 1, 0];
    expect(passAtkAdvantages(rewards, { numGenerations: 4, k: 2 })).toEqual(
      passAtkAdvantages([0, 0, 1, 0], { numGenerations: 4, k: 2 }),
    );
  });
});
