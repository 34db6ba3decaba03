import { describe, expect, test } from 'vitest';
import { tInterval, wilson } from './intervals.ts';

describe('intervals', () => {
  test("wilson equals the textbook's interval for 81 of 263", () => {
    // Newcombe 1998, Statistics in Medicine 17: score interval of 81/263.
    const { mean, ci95 } = wilson(81, 263);
    expect(mean).toBeCloseTo(0.308, 3);
    expect(ci95[0]).toBeCloseTo(0.2553, 3);
    expect(ci95[1]).toBeCloseTo(0.3662, 3);
  });

  test('wilson stays inside [0, 1] and has width at the ends', () => {
    expect(wilson(0, 10).ci95).toEqual([0, expect.closeTo(0.2775, 3)]);
    expect(wilson(10, 10).ci95[0]).toBeCloseTo(0.7225, 3);
  });

  test('tInterval over three seeds uses t = 4.303', () => {
    const { mean, ci95, n } = tInterval([1, 2, 3], 300);
    expect(mean).toBe(2);
    expect(ci95[1] - mean).toBeCloseTo(4.303 / Math.sqrt(3), 3);
    expect(n).toBe(300);
  });
});
