import { expect, test } from 'vitest';
import { filterGroups } from './filterGroups.ts';

test('filterGroups keeps groups with spread', () => {
  const { kept, fraction } = filterGroups([1, 1, 0, 1, null, 2], { numGenerations: 2 });
  expect([...kept]).toEqual([2, 3]);
  expect(fraction).toBeCloseTo(1 / 3, 12);
});
