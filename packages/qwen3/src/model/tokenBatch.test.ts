import { describe, expect, test } from 'vitest';
import { packedBatch } from './packedBatch.ts';
import { tokenBatch } from './tokenBatch.ts';

const sequences = [{ ids: [5, 6, 7] }, { ids: [8] }];

describe('tokenBatch', () => {
  test('pads on the right', () => {
    const { inputIds, positions, segmentIds, mask, B, T } = tokenBatch(sequences, { padId: 9 });
    expect({ B, T }).toEqual({ B: 2, T: 3 });
    expect([...inputIds]).toEqual([5, 6, 7, 8, 9, 9]);
    expect([...positions]).toEqual([0, 1, 2, 0, 0, 0]);
    expect([...segmentIds]).toEqual([0, 0, 0, 0, -1, -1]);
    expect([...mask]).toEqual([1, 1, 1, 1, 0, 0]);
  });

  test('pads on the left, and to a given length', () => {
    const batch = tokenBatch(sequences, { padId: 9, padding: 'left', length: 4 });
    expect([...batch.inputIds]).toEqual([9, 5, 6, 7, 9, 9, 9, 8]);
    expect([...batch.positions]).toEqual([0, 0, 1, 2, 0, 0, 0, 0]);
  });

  test('throws `option` for nothing, an empty and a too long sequence', () => {
    const option = expect.objectContaining({ code: 'option' });
    expect(() => tokenBatch([], { padId: 0 })).toThrow(option);
    expect(() => tokenBatch([{ ids: [] }], { padId: 0 })).toThrow(option);
    expect(() => tokenBatch(sequences, { padId: 0, length: 2 })).toThrow(option);
    expect(() => packedBatch([{ ids: [] }])).toThrow(option);
    for (const ids of [[1.5], [Number.NaN], [-1], ['1'], null]) {
      expect(() => tokenBatch([{ ids: ids as number[] }], { padId: 0 })).toThrow(option);
      expect(() => packedBatch([{ ids: ids as number[] }])).toThrow(option);
    }
    for (const bad of [null, {}, [null], [undefined], [{}]]) {
      expect(() => tokenBatch(bad as never, { padId: 0 })).toThrow(option);
      expect(() => packedBatch(bad as never)).toThrow(option);
    }
    expect(() => tokenBatch(sequences, { padId: 0.5 })).toThrow('padId');
    expect(() => tokenBatch(sequences, { padId: 0, padding: 'Left' as never })).toThrow("'left'?");
    for (const length of [Number.NaN, 7.5, 2 ** 40]) {
      expect(() => tokenBatch(sequences, { padId: 0, length })).toThrow('length');
    }
    expect(() => tokenBatch(sequences, { pad_id: 0 } as never)).toThrow("'padId'");
  });
});
