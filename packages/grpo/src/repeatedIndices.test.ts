import { expect, test } from 'vitest';
import { repeatedIndices } from './repeatedIndices.ts';

test('repeatedIndices gives every prompt G times per batch, full batches only', () => {
  const options = { numGenerations: 3, batchSize: 2, repeatCount: 2, seed: 5 };
  const indices = [...repeatedIndices(7, options)];
  expect(indices).toHaveLength(36);
  const first = indices.slice(0, 6);
  expect(indices.slice(6, 12)).toEqual(first);
  expect(first[0]).toBe(first[2]);
  expect(new Set(indices).size).toBe(6);
  expect([...repeatedIndices(7, options)]).toEqual(indices);
  expect(() => [
    ...repeatedIndices(7, { ...options, batchSize: 0 }),
  ]).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: repeatedIndices: batchSize must be an integer >= 1, got 0.]`,
  );
});
