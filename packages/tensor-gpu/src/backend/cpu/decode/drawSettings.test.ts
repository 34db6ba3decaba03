import { expect, test, vi } from 'vitest';
import { samplingSettings } from '../../../sampling/samplingProbabilities.ts';
import { Heap } from '../engine/heap.ts';
import { writeJobBlocks } from './drawSettings.ts';

test('what a job shares is written whole, or leaves nothing behind', () => {
  const heap = new Heap();
  const before = heap.usage().inUse;
  const settings = samplingSettings({ temperature: 0, suppressTokens: [3], logitBias: [[1, 2]] });
  const blocks = writeJobBlocks(heap, settings, 40);
  expect(heap.usage().inUse).toBeGreaterThan(before);
  blocks.free();
  expect(heap.usage().inUse).toBe(before);

  const alloc = heap.alloc.bind(heap);
  let calls = 0;
  vi.spyOn(heap, 'alloc').mockImplementation((bytes, owner) => {
    if (++calls === 2) throw new Error('no room');
    return alloc(bytes, owner);
  });
  expect(() => writeJobBlocks(heap, settings, 40)).toThrow('no room');
  expect(heap.usage().inUse).toBe(before);
});
