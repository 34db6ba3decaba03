import { describe, expect, test } from 'vitest';
import { type Role, selectLargest, selectRoles } from './roles.ts';

const roles: Role[] = ['ignore', 'environment', 'assistant', 'environment'];

describe('selectRoles', () => {
  test('by turn, by role, by token', () => {
    const turns = [0, 0, 1, 1];
    expect([...selectRoles(roles, { turns, turn: (k) => k === 1 })]).toEqual([0, 0, 2, 1]);
    expect([...selectRoles(roles, { role: (name) => name === 'assistant' })]).toEqual([0, 0, 2, 0]);
    expect([...selectRoles(roles, { token: (i) => i < 2 })]).toEqual([0, 1, 0, 0]);
  });

  test('a filter by turn needs turns', () => {
    expect(() => selectRoles(roles, { turn: () => true })).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: selectRoles: a filter by turn needs turns, one number per token.]`,
    );
  });
});

test('selectLargest keeps the hardest share of one role', () => {
  const kept = selectLargest(roles, [9, 1, 9, 2], { role: 'environment', share: 0.5 });
  expect([...kept]).toEqual([0, 0, 2, 1]);
});

describe('selectLargest', () => {
  const run = (options: object, values: ArrayLike<number> = [9, 1, 9, 2]) => {
    return () => selectLargest(roles, values, { role: 'environment', share: 0.5, ...options });
  };

  test('a share is exact: 0.07 of 100 tokens are 7', () => {
    const many = new Array<Role>(100).fill('environment');
    const kept = selectLargest(many, [...many.keys()], { role: 'environment', share: 0.07 });
    expect(kept.reduce((sum, code) => sum + code, 0)).toBe(7);
  });

  test('at least one token stays', () => {
    expect([...run({ share: 0 })()]).toEqual([0, 0, 2, 1]);
  });

  test('shares outside 0 to 1, roles without a loss and NaN are refused', () => {
    for (const share of [Number.NaN, -0.1, 1.5, undefined, '0.5'])
      expect(run({ share })).toThrow('selectLargest: share must be a number >= 0 and <= 1');
    expect(run({ role: 'enviroment' })).toThrow("Did you mean 'environment'?");
    expect(run({ role: 'ignore' })).toThrow("unknown role 'ignore'");
    expect(run({}, [0, Number.NaN, 0, 0])).toThrow('values is NaN at token 1');
    expect(run({}, [Number.NaN, 1, Number.NaN, 0])).not.toThrow();
  });
});
