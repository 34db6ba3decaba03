import { describe, expect, test } from 'vitest';
import { count, nonNegative, orNull, seed } from './checks.ts';
import { GrpoError } from './errors.ts';
import { readOptions, withDefaults } from './readOptions.ts';

interface Options {
  size: number;
  epsilonHigh?: number | undefined;
  seed?: number | null | undefined;
}
const CHECKS = { size: count, epsilonHigh: nonNegative, seed: orNull(seed) };
const read = (given: unknown) =>
  readOptions<Options>('f', given as Options, { checks: CHECKS, required: ['size'] });

describe('readOptions', () => {
  test('undefined and null are not given; null stays where it has a meaning', () => {
    expect(read({ size: 1, epsilonHigh: null, seed: undefined })).toEqual({ size: 1 });
    expect(read({ size: 1, seed: null })).toEqual({ size: 1, seed: null });
  });

  test('options behind a getter or a prototype are read', () => {
    expect(read(Object.create({ size: 3 }))).toEqual({ size: 3 });
  });

  test('no options at all, no object, unknown names and wrong values are errors that name them', () => {
    for (const given of [undefined, null, {}]) {
      expect(() => read(given)).toThrowErrorMatchingInlineSnapshot(`[GrpoError: f: needs size.]`);
    }
    for (const given of ['size', 3, [3], new Float32Array(2)]) {
      expect(() => read(given)).toThrow(GrpoError);
    }
    expect(() => read({ size: 1, epsilon_high: 0.3 })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: f: unknown option 'epsilon_high'. Did you mean 'epsilonHigh'? Known: size, epsilonHigh, seed.]`,
    );
    expect(() => read({ size: '8' })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: f: size must be an integer >= 1, got '8'.]`,
    );
  });
});

test('of equally near names the one that was begun is meant', () => {
  const checks = { epsilon: nonNegative, epsilonHigh: nonNegative };
  expect(() => readOptions<object>('f', { epsilonHi: 0.28 }, { checks })).toThrow(
    "Did you mean 'epsilonHigh'?",
  );
});

test('withDefaults: undefined and null do not erase a default', () => {
  interface Given {
    a?: number | undefined;
    b?: number | null;
  }
  expect(withDefaults<Given>({ a: 1, b: 2 }, { a: undefined, b: null })).toEqual({ a: 1, b: 2 });
  expect(withDefaults<Given>({ a: 1 }, { a: 0 })).toEqual({ a: 0 });
});
