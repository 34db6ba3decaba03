// One file for all that starts from token rewards: they share their rows, masks and errors.
import { describe, expect, test } from 'vitest';
import { gae } from './gae.ts';
import {
  reinforcePlusPlusAdvantages,
  reinforcePlusPlusBaselineAdvantages,
  tokenReturns,
} from './reinforcePlusPlusAdvantages.ts';
import { rewardToGoAdvantages } from './rewardToGoAdvantages.ts';

const rows = (tokenRewards: number[], completionMask: number[], sequenceLength = 4) => ({
  tokenRewards,
  completionMask,
  sequenceLength,
});
const twoTurns = rows([0, 0, 0, 1, 0, 0, 0, 0], [1, 1, 0, 1, 1, 1, 0, 1]);
const G = { numGenerations: 2 };

describe('across an observation', () => {
  test('the return of the last turn reaches the first', () => {
    const one = rows([0, 0, 0, 1], [1, 1, 0, 1]);
    expect([...tokenReturns(one)]).toEqual([1, 1, 0, 1]);
    expect([...tokenReturns(one, { gamma: 0.5 })]).toEqual([0.25, 0.5, 0, 1]);
  });

  // verl's compute_reinforce_plus_plus_outcome_advantage (1dda039, after its PR 7300).
  test('REINFORCE++ gives all turns of the better row the same advantage', () => {
    const sign = [1, 1, 0, 1, -1, -1, 0, -1];
    const got = reinforcePlusPlusAdvantages(twoTurns);
    for (const [i, a] of got.entries()) expect(a).toBeCloseTo(0.9129 * sign[i]!, 4);
  });

  test('reward to go as well', () => {
    const half = [0.5, 0.5, 0, 0.5, -0.5, -0.5, 0, -0.5];
    expect([...rewardToGoAdvantages(twoTurns, G)]).toEqual(half);
  });
});

// verl's compute_reinforce_plus_plus_baseline_outcome_advantage: the mean of a group of one is 0.
test('a group of one has no baseline', () => {
  const alone = (lone?: 'zero' | 'raw') =>
    reinforcePlusPlusBaselineAdvantages(twoTurns, { numGenerations: 1, lone });
  expect(alone()[0]).toBeCloseTo(0.9129, 4);
  expect([...alone('zero')]).toEqual(new Array(8).fill(0));
});

test('reward to go without spread is 0, also with scale and eps 0', () => {
  const equal = rows([0, 0.3, 0, 0.1 + 0.2], [1, 1, 1, 1], 2);
  expect([...rewardToGoAdvantages(equal, { ...G, scale: true, eps: 0 })]).toEqual([0, 0, 0, 0]);
});

const all = {
  tokenReturns,
  reinforcePlusPlusAdvantages,
  reinforcePlusPlusBaselineAdvantages: (data: typeof twoTurns) =>
    reinforcePlusPlusBaselineAdvantages(data, G),
  rewardToGoAdvantages: (data: typeof twoTurns) => rewardToGoAdvantages(data, G),
  gae: (data: typeof twoTurns) => {
    const values = data?.tokenRewards.map((x) => 2 * x); // NaN where the reward is
    const { advantages, returns } = gae({ ...data, values });
    return [...advantages, ...returns];
  },
};

describe.each(Object.entries(all))('%s', (name, run) => {
  const changed = (i: number, value: unknown) => ({
    ...twoTurns,
    tokenRewards: twoTurns.tokenRewards.map((x, k) => (k === i ? (value as number) : x)),
  });

  test('never reads a masked token, and is 0 there', () => {
    const hidden = Array.from(run(changed(2, Number.NaN)));
    expect(hidden).toEqual(Array.from(run(twoTurns)));
    expect(hidden[2]).toBe(0);
  });

  test('names the place of NaN, null and holes', () => {
    for (const bad of [Number.NaN, undefined, null, '1', Number.POSITIVE_INFINITY]) {
      expect(() => run(changed(5, bad))).toThrow(/is .* at sequence 1, position 1/);
    }
    expect(() => run(changed(5, Number.NaN))).toThrow(`${name}: tokenRewards is NaN`);
  });

  test('reads masks of 0, 1, false and true, and no others', () => {
    const mask = (values: unknown[]) => ({ ...twoTurns, completionMask: values as number[] });
    expect(run(mask(twoTurns.completionMask.map((keep) => keep === 1)))).toEqual(run(twoTurns));
    expect(() => run(mask([1, 1, 0.5, 1, 1, 1, 0, 1]))).toThrow(
      'got 0.5 at sequence 0, position 2',
    );
    expect(() => run(mask([1]))).toThrow('completionMask must have 8 values, got 1');
  });

  test('refuses rows that do not fit and names that are not known', () => {
    expect(() => run({ ...twoTurns, sequenceLength: 3 })).toThrow('no rows of sequenceLength 3');
    expect(() => run({ ...twoTurns, sequenceLength: 0.5 })).toThrow('an integer >= 1, got 0.5');
    const extra = { ...twoTurns, completion_mask: [] };
    expect(() => run(extra)).toThrow("Did you mean 'completionMask'?");
    expect(() => run(undefined as unknown as typeof twoTurns)).toThrow(
      `${name}: needs tokenRewards`,
    );
  });
});
