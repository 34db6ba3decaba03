import { expect, test } from 'vitest';
import { addToBuffer, replayBuffer, sampleBuffer } from './replayBuffer.ts';

test('the buffer forgets what is too old or too much', () => {
  let buffer = replayBuffer<string>({ capacity: 3, maxStaleness: 2 });
  buffer = addToBuffer(buffer, 0, ['a', 'b']);
  buffer = addToBuffer(buffer, 2, ['c', 'd']);
  expect(buffer.entries.map(({ item }) => item)).toEqual(['b', 'c', 'd']);
  const drawn = sampleBuffer(buffer, { step: 3, count: 5, seed: 1 });
  expect(drawn.map(({ item }) => item).sort()).toEqual(['c', 'd']);
  expect(drawn.every(({ staleness }) => staleness === 1)).toBe(true);
});
