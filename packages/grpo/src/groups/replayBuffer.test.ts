import { describe, expect, test } from 'vitest';
import { addToBuffer, type ReplayBuffer, replayBuffer, sampleBuffer } from './replayBuffer.ts';

const through = <T>(state: T): T => JSON.parse(JSON.stringify(state));

describe('replayBuffer', () => {
  test('forgets what is too old or too much', () => {
    let buffer = replayBuffer<string>({ capacity: 3, maxStaleness: 2 });
    buffer = addToBuffer(buffer, 0, ['a', 'b']);
    buffer = addToBuffer(buffer, 2, ['c', 'd']);
    expect(buffer.entries.map(({ item }) => item)).toEqual(['b', 'c', 'd']);
    const drawn = sampleBuffer(buffer, { step: 3, count: 5, seed: 1 });
    expect(drawn.map(({ item }) => item).sort()).toEqual(['c', 'd']);
    expect(drawn.every(({ staleness }) => staleness === 1)).toBe(true);
  });

  test.each([undefined, null, Number.POSITIVE_INFINITY, 0, 3])(
    'is the same after JSON, with maxStaleness %s',
    (maxStaleness) => {
      const buffer = addToBuffer(replayBuffer({ capacity: 8, maxStaleness }), 0, ['a', 'b', 'c']);
      expect(through(buffer)).toEqual(buffer);
      const draw = { step: 1, count: 3, seed: 0 };
      expect(sampleBuffer(through(buffer), draw)).toEqual(sampleBuffer(buffer, draw));
      expect(sampleBuffer(buffer, draw)).toHaveLength(maxStaleness === 0 ? 0 : 3);
      expect(addToBuffer(through(buffer), 1, ['d'])).toEqual(addToBuffer(buffer, 1, ['d']));
    },
  );

  test('counts, steps and seeds are checked', () => {
    const buffer = addToBuffer(replayBuffer<string>({ capacity: 8 }), 4, ['a']);
    const draw = (options: object) => () =>
      sampleBuffer(buffer, { step: 5, count: 1, seed: 0, ...options });
    expect(() => replayBuffer({ capacity: 0.5 })).toThrow('capacity must be an integer >= 1');
    expect(() => replayBuffer({ capacity: 2, maxStaleness: -1 })).toThrow('maxStaleness must be');
    expect(() => replayBuffer(undefined as never)).toThrow('replayBuffer: needs capacity');
    for (const seed of [0.5, Number.NaN, 2 ** 32, -1, '1'])
      expect(draw({ seed })).toThrow('seed must be an integer from 0 to 4294967295');
    expect(draw({ count: -1 })).toThrow('count must be an integer >= 0, got -1');
    expect(draw({ step: Number.NaN })).toThrow('step must be an integer >= 0, got NaN');
    expect(draw({ step: 3 })).toThrow('step 3 is before step 4 of a group in the buffer');
    expect(() => addToBuffer(buffer, 0.5, [])).toThrow('step must be an integer >= 0');
    const broken = { capacity: 2, maxStaleness: null, entries: [{ item: 'a' }] };
    expect(() => addToBuffer(broken as unknown as ReplayBuffer<string>, 1, [])).toThrow(
      'entries[0].step must be an integer >= 0, got undefined',
    );
  });

  test('200,000 groups are no matter', () => {
    const items = Array.from({ length: 200_000 }, (_, i) => i);
    const buffer = addToBuffer(replayBuffer<number>({ capacity: 200_000 }), 0, items);
    expect(sampleBuffer(buffer, { step: 0, count: 200_000, seed: 0 })).toHaveLength(200_000);
  });
});
