import { describe, expect, test } from 'vitest';
import { alphaSchedule } from './alphaSchedule.ts';
import { mixedBatch } from './mixedBatch.ts';

describe('mixedBatch', () => {
  const options = { domainSize: 6, generalSize: 10, batchSize: 8, seed: 3 };

  test('each kind is gone through before any sequence comes twice', () => {
    const seen = [0, 1, 2].flatMap((step) => mixedBatch(step, options).domain);
    expect(seen).toHaveLength(12);
    expect([...seen.slice(0, 6)].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...seen.slice(6)].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('is a function of step and seed alone, and mixes as asked', () => {
    expect(mixedBatch(7, options)).toEqual(mixedBatch(7, options));
    expect(mixedBatch(0, options)).not.toEqual(mixedBatch(0, { ...options, seed: 4 }));
    const { domain, general } = mixedBatch(0, { ...options, generalShare: 0.25 });
    expect([domain.length, general.length]).toEqual([6, 2]);
  });

  test('an empty kind that is needed is refused', () => {
    expect(() => mixedBatch(0, { ...options, generalSize: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: mixedBatch: needs both kinds of sequences, got 6 domain and 0 general.]`,
    );
  });
});

test('alphaSchedule warms up in a straight line', () => {
  const alphaAt = alphaSchedule({ alpha: 0.4, warmupSteps: 4, from: 0.2 });
  expect([0, 2, 4, 9].map(alphaAt)).toEqual([0.2, expect.closeTo(0.3, 12), 0.4, 0.4]);
  expect(() => alphaSchedule({ alpha: 1, warmupSteps: -1 })).toThrowErrorMatchingInlineSnapshot(
    `[MolLossError: alphaSchedule: warmupSteps must be >= 0, got -1.]`,
  );
});
