import { describe, expect, test } from 'vitest';
import { packedBatch } from '../model/packedBatch.ts';
import { tokenBatch } from '../model/tokenBatch.ts';
import { selectTargets } from './selectTargets.ts';

const sequences = [
  { ids: [5, 6, 7], roles: ['environment', 'assistant', 'environment'] },
  { ids: [8, 9], roles: ['assistant', 'assistant'] },
] as const;

describe('selectTargets', () => {
  test('every token that another of its sequence precedes, with role and sequence', () => {
    const targets = selectTargets(packedBatch(sequences), sequences);
    expect(targets).toEqual({
      rows: Int32Array.of(0, 1, 3), // 8 begins a sequence: 7 does not predict it
      ids: Int32Array.of(6, 7, 9),
      roles: ['assistant', 'environment', 'assistant'],
      sequenceIds: Int32Array.of(0, 0, 1),
    });
  });

  test.each([
    ['right', [0, 1, 3]],
    ['left', [0, 1, 4]],
  ] as const)('padding on the %s moves rows only', (padding, rows) => {
    const batch = tokenBatch(sequences, { padId: 0, padding });
    const targets = selectTargets(batch, sequences);
    expect([...targets.rows]).toEqual(rows);
    expect([...targets.ids]).toEqual([6, 7, 9]);
    expect([...targets.sequenceIds]).toEqual([0, 0, 1]);
  });

  test("takes the roles asked for; 'ignore' only if it is", () => {
    const own = [{ ids: [5, 6, 7], roles: ['ignore', 'ignore', 'general'] }];
    const of = (roles?: string[]) => [...selectTargets(packedBatch(own), own, { roles }).ids];
    expect(of()).toEqual([7]);
    expect(of(['ignore'])).toEqual([6]);
    expect(of(['assistant'])).toEqual([]);
  });

  test('throws `shape` for the sequences of another batch, `option` for no batch', () => {
    const batch = packedBatch(sequences);
    expect(() => selectTargets(batch, sequences.slice(1))).toThrow('2 sequences, got 1');
    expect(() => selectTargets(batch, [...sequences].reverse())).toThrow(
      'token 0 of sequence 0 is 8, in the batch it is 5',
    );
    const short = [{ ids: [5, 6, 7], roles: ['general'] }];
    expect(() => selectTargets(packedBatch(short), short)).toThrow('got 3 ids and 1 roles');
    expect(() => selectTargets({} as never, sequences)).toThrow(
      expect.objectContaining({ code: 'option' }),
    );
    expect(() => selectTargets(batch, sequences, { only: [] } as never)).toThrow('unknown option');
  });
});
