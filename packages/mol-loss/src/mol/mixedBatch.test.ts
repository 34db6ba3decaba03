import fc from 'fast-check';
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

  test('the ratio holds over the steps where no single step can keep it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 60 }),
        (batchSize, generalShare, steps) => {
          let general = 0;
          for (let step = 0; step < steps; step++) {
            const batch = mixedBatch(step, { ...options, batchSize, generalShare });
            expect(batch.domain.length + batch.general.length).toBe(batchSize);
            general += batch.general.length;
            expect(Math.abs(general - (step + 1) * batchSize * generalShare)).toBeLessThan(0.51);
          }
        },
      ),
    );
  });

  test.each([
    [1, 0.5, [1, 0, 1, 0]],
    [3, 0.5, [2, 1, 2, 1]],
    [4, 0.1, [0, 1, 0, 1]],
  ])('batches of %d, share %d: general sequences per step', (batchSize, generalShare, counts) => {
    const at = (step: number) => mixedBatch(step, { ...options, batchSize, generalShare });
    expect([0, 1, 2, 3].map((step) => at(step).general.length)).toEqual(counts);
    const steps = Array.from({ length: 100 }, (_, step) => at(step));
    expect(new Set(steps.flatMap(({ general }) => general)).size).toBe(10);
    expect(new Set(steps.flatMap(({ domain }) => domain)).size).toBe(6);
  });

  test('every seed of 32 bits has its own order', () => {
    const orders = [0, 1, 2 ** 31, 2 ** 32 - 1].map((seed) =>
      mixedBatch(0, { ...options, domainSize: 100, batchSize: 100, seed }).domain.join(),
    );
    expect(new Set(orders).size).toBe(4);
  });

  test.each([
    ['seed', 0.5],
    ['seed', 2 ** 32],
    ['seed', -1],
    ['seed', undefined],
    ['batchSize', '8'],
    ['batchSize', 0],
    ['domainSize', Number.NaN],
    ['generalSize', 2.5],
    ['generalShare', 1.5],
    ['generalShare', Number.NaN],
  ])('%s %s is refused by name', (name, value) => {
    const run = () => mixedBatch(0, { ...options, [name]: value } as typeof options);
    expect(run).toThrow(new RegExp(`mixedBatch: ${name} must be`));
  });

  test('a step that is no whole number and a misspelt option are refused', () => {
    for (const step of [-1, 0.5, Number.NaN])
      expect(() => mixedBatch(step, options)).toThrow('mixedBatch: step must be');
    const share = { ...options, share: 0.1 };
    expect(() => mixedBatch(0, share)).toThrow(
      "unknown option 'share'. Did you mean 'generalShare'?",
    );
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
    `[MolLossError: alphaSchedule: warmupSteps must be an integer >= 0, got -1.]`,
  );
});

test.each([Number.NaN, -1, 0.5, '2'])('alphaSchedule refuses step %s and alpha -1', (step) => {
  const alphaAt = alphaSchedule({ alpha: 0.4, warmupSteps: 4 });
  expect(() => alphaAt(step as number)).toThrow('alphaSchedule: step must be an integer >= 0');
  expect(() => alphaSchedule({ alpha: -1, warmupSteps: 4 })).toThrow('alpha must be a number >= 0');
});
