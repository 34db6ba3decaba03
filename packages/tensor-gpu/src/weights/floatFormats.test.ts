import { describe, expect, test } from 'vitest';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './floatFormats.ts';

describe('bfloat16', () => {
  test('rounds to nearest, ties to even', () => {
    // 1 + 2^-8 lies half-way between 1 and 1 + 2^-7; 1 + 3 * 2^-8 between 1 + 2^-7 and 1 + 2^-6
    const values = new Float32Array([
      1,
      1 + 2 ** -8,
      1 + 3 * 2 ** -8,
      1 + 2 ** -8 + 2 ** -20,
      -1.5,
    ]);
    expect([...fromBfloat16(toBfloat16(values))]).toEqual([1, 1, 1 + 2 ** -6, 1 + 2 ** -7, -1.5]);
  });

  test('keeps NaN and the infinities', () => {
    const values = new Float32Array([Number.NaN, Number.POSITIVE_INFINITY, -0]);
    expect([...fromBfloat16(toBfloat16(values))]).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -0,
    ]);
  });

  test('a value that fits comes back exactly', () => {
    const halves = Uint16Array.from({ length: 0x7f80 }, (_, i) => i);
    expect(toBfloat16(fromBfloat16(halves))).toEqual(halves);
  });
});

test('fromFloat16 widens normal, subnormal and infinite values', () => {
  const halves = new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x7e00]);
  const wide = [1, -2, 2 ** -24, 65_504, Number.POSITIVE_INFINITY, Number.NaN];
  expect([...fromFloat16(halves)]).toEqual(wide);
});

test('toFloat16 gives every half back, and rounds ties to even', () => {
  const finite = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).filter(
    (h) => (h & 0x7fff) <= 0x7c00,
  );
  expect(toFloat16(fromFloat16(finite))).toEqual(finite);
  const values = new Float32Array([
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
    2 ** -25,
    3 * 2 ** -25,
    65_519,
    65_520,
    Number.NaN,
  ]);
  expect([...fromFloat16(toFloat16(values))]).toEqual([
    1,
    1 + 2 ** -9,
    0,
    2 ** -23,
    65_504,
    Number.POSITIVE_INFINITY,
    Number.NaN,
  ]);
});
