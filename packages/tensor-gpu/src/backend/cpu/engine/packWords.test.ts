import { describe, expect, test } from 'vitest';
import { packWords } from './packWords.ts';

describe('packWords', () => {
  test('gives the words in the order that C reads them, however the caller orders them', () => {
    expect(packWords('fill', { value: 1, size: 3, y: 64 })).toEqual([64, 3, 0x3f800000]);
  });

  test('lays lists flat, those of a fixed length in place, the open one last, and addresses in two words', () => {
    const words = { x: 8, y: 16, sizes: [1, 1, 2, 3, 4], strides: [0, 0, 12, 1, 3] };
    expect(packWords('permute', { ...words, rowsPerChunk: 9 })).toEqual([
      8, 16, 1, 1, 2, 3, 4, 0, 0, 12, 1, 3, 9,
    ]);
    const sizes = {
      a: 1,
      b: 2 ** 33 + 2,
      type: 1,
      c: 3,
      m: 4,
      n: 5,
      k: 6,
      lda: 7,
      ldb: 8,
      ldc: 9,
      flags: 8,
    };
    const chunks = { rowsPerChunk: 11, columnsPerChunk: 12, itemsPerChunk: 13, batch: 2 };
    const strides = { strideA: 15, strideB: 16, strideC: 17 };
    expect(packWords('gemm', { ...sizes, ...chunks, ...strides, table: [18, 19, 20, 21] })).toEqual(
      [1, 2, 2, 1, 3, 4, 5, 6, 7, 8, 9, 8, 11, 12, 13, 2, 15, 16, 17, 18, 19, 20, 21],
    );
  });
});
