// One file for all advantages: they promise the same errors.
import { describe, expect, test } from 'vitest';
import type { Grouping } from './assertGroups.ts';
import { filterGroups } from './filterGroups.ts';
import { gdpoAdvantages } from './gdpoAdvantages.ts';
import { groupAdvantages } from './groupAdvantages.ts';
import { maxRlAdvantages } from './maxRlAdvantages.ts';
import { passAtkAdvantages } from './passAtkAdvantages.ts';
import { isStdZero, rewardMetrics } from './rewardMetrics.ts';
import { rlooAdvantages } from './rlooAdvantages.ts';
import { topTwoAdvantages } from './topTwoAdvantages.ts';

type Scored = (number | null)[];
const all: Record<string, (rewards: Scored, grouping: Grouping) => unknown> = {
  groupAdvantages,
  rlooAdvantages,
  maxRlAdvantages,
  topTwoAdvantages,
  passAtkAdvantages: (rewards, grouping) => passAtkAdvantages(rewards, { ...grouping, k: 2 }),
  gdpoAdvantages: (rewards, grouping) => gdpoAdvantages([rewards], grouping),
  filterGroups,
  isStdZero,
  rewardMetrics,
};

describe.each(Object.entries(all))('%s', (_, run) => {
  test('refuses a group that is not finished, NaN, infinity and groups that do not fit', () => {
    const G = { numGenerations: 2 };
    expect(() => run([1, 0, 1], G)).toThrow(/multiple of numGenerations \(2\), got 3/);
    expect(() => run([1, Number.NaN], G)).toThrow(/reward 1 is NaN/);
    expect(() => run([Number.POSITIVE_INFINITY, 0], G)).toThrow(/reward 0 is Infinity/);
    expect(() => run([1, 0], { numGenerations: 1.5 })).toThrow(/integer >= 1, got 1.5/);
    expect(() => run([1, 0], { groupIds: [0] })).toThrow(/each of the 2 completions, got 1/);
  });

  test('takes a group without a score', () => {
    expect(() => run([null, null, 1, 0], { numGenerations: 2 })).not.toThrow();
  });
});
