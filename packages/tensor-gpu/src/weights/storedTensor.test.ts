import { describe, expect, test } from 'vitest';
import type { StoredDtype } from './storedDtype.ts';
import { storedTensor } from './storedTensor.ts';

/** 0.5 and 0.25 as binary16. */
const [HALF, QUARTER] = [0x3800, 0x3400];
const bytes16 = (...words: number[]) => words.flatMap((word) => [word & 255, word >> 8]);

describe('storedTensor', () => {
  test.each<[StoredDtype, number[], number[]]>([
    ['f32', [0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc1], [1, -10]],
    ['bf16', bytes16(0x3f80, 0xc120, 0x0001), [1, -10, 2 ** -133]],
    ['f16', bytes16(HALF, 0xbc00, 0x0001, 0x7bff, 0x7c00), [0.5, -1, 2 ** -24, 65504, Infinity]],
  ])('reads %s as it is written', (dtype, bytes, expected) => {
    const weight = storedTensor(Uint8Array.from(bytes), { shape: [expected.length], dtype });
    expect([...weight.dataSync()]).toEqual(expected);
  });

  // the values of ggml-quants.c, dequantize_row_q8_0, _q4_0 and _q4_1
  test.each<[StoredDtype, number[], (i: number) => number]>([
    [
      'q8_0',
      [...bytes16(HALF), ...Array.from({ length: 32 }, (_, i) => i + 112)],
      (i) => (i < 16 ? i + 112 : i - 144) / 2,
    ],
    [
      'q4_0',
      [...bytes16(HALF), ...Array.from({ length: 16 }, (_, i) => i + 16 * (15 - i))],
      (i) => (i < 16 ? i - 8 : 23 - i) / 2,
    ],
    [
      'q4_1',
      [...bytes16(HALF, QUARTER), ...Array.from({ length: 16 }, (_, i) => i + 16 * (15 - i))],
      (i) => 0.25 + (i < 16 ? i : 31 - i) / 2,
    ],
  ])('reads blocks of %s as ggml does', (dtype, block, value) => {
    const weight = storedTensor(Uint8Array.from([...block, ...block]), { shape: [2, 32], dtype });
    expect([...weight.dataSync()]).toEqual(Array.from({ length: 64 }, (_, i) => value(i % 32)));
  });

  test('takes a buffer, a shared one and any view; what is written into it later is seen', () => {
    const floats = Float32Array.of(7, 8, 9);
    const options = { shape: [2], dtype: 'f32' } as const;
    const weight = storedTensor(floats.subarray(1), options);
    expect([...weight.dataSync()]).toEqual([8, 9]);
    floats[2] = 4;
    expect([...weight.dataSync()]).toEqual([8, 4]);
    expect([...storedTensor(new SharedArrayBuffer(8), options).dataSync()]).toEqual([0, 0]);
    expect([...storedTensor(new ArrayBuffer(8), options).dataSync()]).toEqual([0, 0]);
  });

  test('refuses bytes that do not fit', () => {
    const options = { shape: [2, 32], dtype: 'q4_1' } as const;
    expect(() => storedTensor(new Uint8Array(36), options)).toThrow(
      /\[2,32\] of q4_1 are 40 bytes, got 36/,
    );
    expect(() => storedTensor(new Uint8Array(41).subarray(1), options)).toThrow(
      /must begin at a multiple of 2 bytes of its buffer, got 1/,
    );
    expect(() => storedTensor([1, 2] as never, { shape: [2], dtype: 'f32' })).toThrow(
      /bytes must be an ArrayBuffer or a view of one, got object/,
    );
  });
});
