import { describe, expect, test } from 'vitest';
import { ropeTables } from './ropeTables.ts';

describe('ropeTables', () => {
  test('position 0 is not rotated, position 1 by the frequencies', () => {
    const { cos, sin } = ropeTables({ headDim: 4, theta: 100, positions: 2 });
    expect([...cos.subarray(0, 2), ...sin.subarray(0, 2)]).toEqual([1, 1, 0, 0]);
    expect(cos[2]).toBeCloseTo(Math.cos(1), 7);
    expect(sin[3]).toBeCloseTo(Math.sin(0.1), 7);
  });

  test('angles are rounded to f32, as transformers computes them', () => {
    const { cos } = ropeTables({ headDim: 4, theta: 7, positions: 3001 });
    const frequency = Math.fround(1 / Math.fround(7 ** 0.5));
    expect(cos[3000 * 2 + 1]).toBe(Math.fround(Math.cos(Math.fround(3000 * frequency))));
  });
});
