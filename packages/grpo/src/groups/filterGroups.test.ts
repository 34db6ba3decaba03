import { describe, expect, test } from 'vitest';
import { groupAdvantages } from '../advantages/groupAdvantages.ts';
import { policyLoss } from '../loss/policyLoss.ts';
import type { PolicyLossName } from '../loss/policyLosses.ts';
import { filterGroups } from './filterGroups.ts';

const G = { numGenerations: 2 };

describe('filterGroups', () => {
  test('keeps groups with spread', () => {
    const { kept, fraction } = filterGroups([1, 1, 0, 1, null, 2], G);
    expect([...kept]).toEqual([2, 3]);
    expect(fraction).toBeCloseTo(1 / 3, 12);
  });

  test('keeps a lone score where it is an advantage', () => {
    const rewards = [5, null, 1, 0];
    for (const convention of ['trl', 'verl', 'skyrl', 'openrlhf', 'mlx'] as const) {
      const alive = groupAdvantages(rewards, { ...G, convention })[0] !== 0;
      expect(filterGroups(rewards, { ...G, convention }).kept.includes(0)).toBe(alive);
    }
    expect([...filterGroups(rewards, { ...G, lone: 'raw' }).kept]).toEqual([0, 1, 2, 3]);
  });

  test.each<[factor: 'fraction' | 'tokenFraction' | 'liveFraction', names: PolicyLossName[]]>([
    ['fraction', ['grpo', 'dr_grpo', 'gspo', 'luspo', 'sapo']],
    ['tokenFraction', ['dapo', 'bnpo', 'ppo', 'cispo', 'vespo', 'dppo', 'dro', 'reinforce']],
    ['liveFraction', ['gspo_token']],
  ])('%s keeps the scale of %j', (factor, names) => {
    const lengths = [30, 30, 3, 2, 0, 1];
    const rewards = [1, 1, 1, 0, 0.5, 0.5];
    const T = 30;
    const rows = (chosen: number[]) => ({
      logprobs: chosen.flatMap((row) =>
        Array.from({ length: T }, (_, t) => -1 - Math.sin(row + t) ** 2),
      ),
      advantages: chosen.map((row) => groupAdvantages(rewards, G)[row]!),
      completionMask: chosen.flatMap((row) =>
        Array.from({ length: T }, (_, t) => (t < lengths[row]! ? 1 : 0)),
      ),
      sequenceLength: T,
    });
    const { kept, ...factors } = filterGroups(rewards, { ...G, lengths });
    for (const lossType of names) {
      const options = lossType === 'dr_grpo' ? { lossType, maxCompletionLength: T } : { lossType };
      const all = policyLoss(rows([0, 1, 2, 3, 4, 5]), options as { lossType: 'grpo' }).gradient;
      const some = policyLoss(rows([...kept]), options as { lossType: 'grpo' }).gradient;
      for (const [i, slope] of some.entries()) {
        expect(slope * factors[factor]!, lossType).toBeCloseTo(all[2 * T + i]!, 10);
      }
    }
  });

  test('errors', () => {
    const run = (options: object) => () => filterGroups([1, 0], options as typeof G);
    expect(run({})).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: filterGroups: needs numGenerations, or groupIds.]`,
    );
    expect(run({ ...G, groupIds: [0, 0] })).toThrow('give one of them');
    expect(run({ ...G, lengths: [1] })).toThrow('lengths must have 2 values, got 1');
    expect(run({ ...G, lengths: [1, -1] })).toThrow('lengths[1] must be an integer >= 0, got -1');
    expect(run({ ...G, lone: 'row' })).toThrow("Did you mean 'raw'?");
  });

  test('one group of 200,000 is no matter', () => {
    const rewards = Array.from({ length: 200_000 }, (_, i) => i % 2);
    expect(filterGroups(rewards, { numGenerations: 200_000 }).fraction).toBe(1);
  });
});
