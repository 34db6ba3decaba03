import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TensorGpuError } from '../../../base/errors.ts';
import { Heap, sizeClass } from './heap.ts';

const MIB = 1 << 20;

describe('sizeClass', () => {
  test('has four classes per octave, multiples of a cache line', () => {
    const classes = [...new Set(Array.from({ length: 4096 }, (_, bytes) => sizeClass(bytes)))];
    expect(classes).toEqual([
      64, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560,
      3072, 3584, 4096,
    ]);
  });

  test('wastes at most 25 % of what was asked above 256 bytes, up to the whole heap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 256, max: 2 ** 32 - 65536 }), (bytes) => {
        const size = sizeClass(bytes);
        return size >= bytes && size % 64 === 0 && size <= 1.25 * (bytes + 64);
      }),
    );
  });
});

describe('Heap', () => {
  test('gives aligned blocks that never overlap, whatever is freed in between', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -20, max: 60_000 }), { maxLength: 200 }), (steps) => {
        const heap = new Heap({ maxBytes: 16 * MIB });
        const live: { offset: number; bytes: number }[] = [];
        for (const step of steps) {
          if (step < 0) {
            const [block] = live.splice(-step % (live.length || 1), 1);
            if (block) heap.free(block.offset);
          } else live.push({ offset: heap.alloc(step), bytes: step });
        }
        live.sort((a, b) => a.offset - b.offset);
        for (const [i, { offset, bytes }] of live.entries()) {
          expect(offset % 64).toBe(0);
          expect(offset).toBeGreaterThan(0);
          expect(offset + bytes).toBeLessThanOrEqual(live[i + 1]?.offset ?? 16 * MIB);
        }
        expect(heap.usage().blocks).toBe(live.length);
      }),
      { numRuns: 50 },
    );
  });

  test('reuses freed blocks: a loop of the same shapes does not grow it', () => {
    const heap = new Heap();
    const round = (): void => {
      const blocks = [1000, 5000, 70_000, 300].map((bytes) => heap.alloc(bytes));
      for (const block of blocks) heap.free(block);
    };
    round();
    const { reserved, peak } = heap.usage();
    for (let i = 0; i < 1000; i++) round();
    expect(heap.usage()).toEqual({
      inUse: 0,
      peak,
      reserved,
      limit: expect.any(Number),
      blocks: 0,
    });
  });

  test('merges free neighbours rather than grow: changing shapes fit a heap that holds each of them', () => {
    const heap = new Heap({ maxBytes: 40 * MIB });
    for (let i = 1; i <= 200; i++) {
      const blocks = Array.from({ length: 16 }, () => heap.alloc(i * 9000));
      for (const block of blocks) heap.free(block);
    }
    expect(heap.usage().reserved).toBeLessThanOrEqual(40 * MIB);
  });

  test('keeps views and contents when it grows', () => {
    const heap = new Heap();
    const offset = heap.alloc(16);
    const view = heap.f32(offset, 4);
    view.set([1, 2, 3, 4]);
    const far = heap.alloc(200 * MIB);
    heap.f32(far, 4).fill(7);
    view[0] = 9;
    expect([...heap.f32(offset, 4)]).toEqual([9, 2, 3, 4]);
    expect(heap.usage().reserved).toBeGreaterThanOrEqual(201 * MIB);
  });

  test('throws `out-of-memory` with what was asked, what is in use and what to change; the heap stays usable', () => {
    const heap = new Heap({ maxBytes: 8 * MIB });
    const first = heap.alloc(4 * MIB);
    expect(() => heap.alloc(5 * MIB)).toThrowErrorMatchingInlineSnapshot(
      `[TensorGpuError: tensor-gpu: no room for a block of 5242880 bytes (working memory): 4194304 bytes are in use in 1 blocks (working memory 4194304), the heap is 8388608 bytes and may grow to 8388608: a block of 3145728 would fit. Use a smaller batch or shorter sequences, dispose tensors that are no longer needed, keep frozen weights outside with mapTensor, or raise maxBytes of openCpu.]`,
    );
    heap.free(first);
    expect(heap.alloc(5 * MIB)).toBeGreaterThan(0);
  });

  test('throws `internal` when a block is freed twice', () => {
    const heap = new Heap({ maxBytes: 8 * MIB });
    const block = heap.alloc(10);
    heap.free(block);
    expect(() => heap.free(block)).toThrow(TensorGpuError);
  });

  test('throws `option` for a limit too small to hold anything', () => {
    expect(() => new Heap({ maxBytes: 1000 })).toThrow(
      /maxBytes must be at least 2097152, got 1000/,
    );
  });
});
