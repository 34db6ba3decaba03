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
