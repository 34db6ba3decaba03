import { describe, expect, test } from 'vitest';
import { repeatedIndices } from './repeatedIndices.ts';

describe('repeatedIndices', () => {
  const options = { numGenerations: 3, batchSize: 2, repeatCount: 2, seed: 5 };

  test('gives every prompt G times per batch, full batches only', () => {
    const indices = [...repeatedIndices(7, options)];
    expect(indices).toHaveLength(36);
    const first = indices.slice(0, 6);
    expect(indices.slice(6, 12)).toEqual(first);
    expect(first[0]).toBe(first[2]);
    expect(new Set(indices).size).toBe(6);
    expect([...repeatedIndices(7, options)]).toEqual(indices);
  });

  test('a data set without a full batch is an error, at once', () => {
    expect(() =>
      repeatedIndices(6, { numGenerations: 4, batchSize: 8, seed: 0 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: repeatedIndices: 6 prompts do not fill one batch of 8: there would be no index. Lower batchSize.]`,
    );
  });

  test('every seed of 32 bits has its own order, others are refused', () => {
    const order = (seed: unknown) =>
      [...repeatedIndices(50, { numGenerations: 1, batchSize: 50, seed: seed as number })].join();
    expect(new Set([0, 1, 2, 2 ** 31, 2 ** 32 - 1, null].map(order)).size).toBe(6);
    for (const seed of [0.5, 1e-9, 2 ** 32, -1, Number.NaN, Number.POSITIVE_INFINITY, '1'])
      expect(() => order(seed)).toThrow('seed must be an integer from 0 to 4294967295');
    expect(() => order(undefined)).toThrow('repeatedIndices: needs seed');
  });

  test.each([Number.NaN, 6.7, '6', -1, undefined])('size %s is refused', (size) => {
    expect(() => repeatedIndices(size as number, options)).toThrow('size must be an integer >= 0');
  });

  test.each([0, Number.NaN, 1.5, '2', -1])('batchSize %s is refused', (batchSize) => {
    expect(() => repeatedIndices(7, { ...options, batchSize: batchSize as number })).toThrow(
      'repeatedIndices: batchSize must be an integer >= 1',
    );
  });
});
