// One file for all advantages: they promise the same errors.
import { describe, expect, test } from 'vitest';
import type { Grouping } from '../base/assertGroups.ts';
import { GrpoError } from '../base/errors.ts';
import { filterGroups } from '../groups/filterGroups.ts';
import { isStdZero, rewardMetrics } from '../metrics/rewardMetrics.ts';
import { gdpoAdvantages } from './gdpoAdvantages.ts';
import { groupAdvantages } from './groupAdvantages.ts';
import { maxRlAdvantages } from './maxRlAdvantages.ts';
import { passAtkAdvantages } from './passAtkAdvantages.ts';
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

  test('refuses names that are not known and options that are no options', () => {
    const options = (given: unknown) => () => run([1, 0], given as Grouping);
    expect(options({ num_generations: 2 })).toThrow("Did you mean 'numGenerations'?");
    for (const none of [undefined, null, {}, { groupIds: undefined }, { numGenerations: null }]) {
      expect(options(none)).toThrow(/needs (numGenerations, or groupIds|k)/);
    }
    expect(options({ numGenerations: '2' })).toThrow(
      "numGenerations must be an integer >= 1, got '2'",
    );
    expect(options({ groupIds: [0, Number.NaN] })).toThrow('groupIds[1] must be a number, got NaN');
    expect(options({ numGenerations: 2, groupIds: [0, 0] })).toThrow('give one of them');
  });

  test('refuses rewards that are no numbers, holes among them', () => {
    const G = { numGenerations: 2 };
    const rewards =
      (...given: unknown[]) =>
      () =>
        run(given as Scored, G);
    expect(rewards('1', 0)).toThrow("reward 0 is '1'");
    expect(rewards(true, 0)).toThrow('reward 0 is true');
    expect(rewards(0, undefined)).toThrow('reward 1 is undefined');
    expect(() => run(undefined as unknown as Scored, G)).toThrow(/needs rewards/);
  });

  test('takes a group without a score', () => {
    expect(() => run([null, null, 1, 0], { numGenerations: 2 })).not.toThrow();
  });
});

test.each([
  ['eps', -1],
  ['eps', Number.NaN],
  ['ddof', 0.5],
  ['ddof', -1],
  ['scaleRewards', 'grop'],
  ['convention', 'TRL'],
  ['lone', 'row'],
])('groupAdvantages: %s %s is refused, also when all groups are equal', (name, value) => {
  const options = { numGenerations: 2, [name]: value };
  expect(() => groupAdvantages([1, 1], options)).toThrow(GrpoError);
});

test('null and undefined leave the defaults alone', () => {
  const empty = { eps: null, ddof: undefined, convention: null, scaleRewards: undefined };
  const options = { numGenerations: 2, ...empty } as unknown as Grouping;
  expect(groupAdvantages([1, 0], options)).toEqual(groupAdvantages([1, 0], { numGenerations: 2 }));
});

test('200,000 completions, one group or many, are no matter', () => {
  const rewards = Array.from({ length: 200_000 }, (_, i) => (i % 3 === 0 ? null : i % 2));
  for (const numGenerations of [200_000, 8]) {
    for (const run of Object.values(all))
      expect(() => run(rewards, { numGenerations })).not.toThrow();
  }
});
