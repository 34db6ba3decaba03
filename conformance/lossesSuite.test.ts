import { describe, expect, test } from 'vitest';
import { assertClose, assertRelative } from './lossesSuite.ts';

describe('assertRelative', () => {
  test.each([
    [0, 0],
    [-0, 0],
    [1e-9, 0],
    [-1e-9, 0],
    [1000.0001, 1000],
    [-2, -2],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('%d stands for %d', (actual, expected) => {
    assertRelative('norm', actual, expected, 1e-6);
  });

  test.each([
    [1e-3, 0],
    [0, 1e-3],
    [1.01, 1],
    [-1, 1],
    [Number.NaN, 0],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 0],
    [0, Number.NaN],
  ])('%d does not stand for %d', (actual, expected) => {
    expect(() => assertRelative('norm', actual, expected, 1e-6)).toThrow('norm[0] is');
  });
});

describe('assertClose', () => {
  test('takes NaN for NaN only, and leaves out what is masked', () => {
    assertClose('x', [Number.NaN, 5], [Number.NaN, 1], 0, [1, 0]);
    expect(() => assertClose('x', [Number.NaN], [0], 1)).toThrow('x[0] is NaN');
    expect(() => assertClose('x', [0], [Number.NaN], 1)).toThrow('expected NaN');
  });
});
