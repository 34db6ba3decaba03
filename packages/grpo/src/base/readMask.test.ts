import { expect, test } from 'vitest';
import { GrpoError } from './errors.ts';
import { readMask } from './readMask.ts';

test('0, 1, false and true are a mask; everything else is an error that names its place', () => {
  expect([...readMask('f', { mask: [true, false] }, { length: 2 })]).toEqual([1, 0]);
  expect([...readMask('f', { mask: new Float32Array([1, 0, -0]) }, { length: 3 })]).toEqual([
    1, 0, 0,
  ]);
  for (const value of [Number.NaN, undefined, null, 0.5, 2, -1, '1', 1n]) {
    expect(
      () => readMask('f', { mask: [1, value] as number[] }, { length: 2 }),
      String(value),
    ).toThrow(GrpoError);
  }
  expect(() =>
    readMask('f', { mask: [1, 1, 0, 0.5] }, { length: 4, layout: 2 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: f: mask must be 0, 1, false or true, got 0.5 at sequence 1, position 1.]`,
  );
  expect(() => readMask('f', { mask: [1] }, { length: 2 })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: f: mask must have 2 values, got 1.]`,
  );
  expect(() =>
    readMask('f', { mask: undefined as unknown as number[] }, { length: 2 }),
  ).toThrowErrorMatchingInlineSnapshot(`[GrpoError: f: needs mask.]`);
});
