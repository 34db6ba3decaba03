import { expect, test } from 'vitest';
import { BufferPool } from './bufferPool.ts';

const MiB = 2 ** 20;

/** A device that counts the bytes of its buffers. */
function countingDevice(most: number) {
  const live = new Set<object>();
  const device = {
    limits: { maxBufferSize: most },
    createBuffer({ size }: { size: number }) {
      const buffer = { size, destroy: () => live.delete(buffer) };
      live.add(buffer);
      return buffer;
    },
  };
  return { live, device: device as unknown as GPUDevice }; // what a pool asks of one
}

test('what fits into a buffer gets one, though its size class would not', () => {
  const most = 2 ** 31 - 4; // as drivers have it: no power of two
  const { device } = countingDevice(most);
  const pool = new BufferPool(device, { maxBytes: 2 ** 40, flush: () => undefined });
  expect(pool.take(most - 4).size).toBe(most);
  expect(() => pool.take(most + 4)).toThrowError(
    expect.objectContaining({ code: 'out-of-memory' }),
  );
});

test('free buffers of sizes that are not asked for any more are given back', () => {
  const { live, device } = countingDevice(2 ** 31);
  const pool = new BufferPool(device, { maxBytes: 2 ** 40, flush: () => undefined });
  for (let size = 40 * MiB; size <= 160 * MiB; size += 20 * MiB) {
    pool.give(pool.take(size));
    pool.submitted();
  }
  expect(pool.usage().reserved).toBeLessThanOrEqual(2 * 160 * MiB);
  expect(live.size).toBeLessThanOrEqual(2);
  pool.take(8);
  pool.dispose();
  expect(live.size).toBe(0);
});

test('at maxBytes what was freed since the last submission makes room', () => {
  const { device } = countingDevice(2 ** 31);
  const pool: BufferPool = new BufferPool(device, {
    maxBytes: 10 * MiB,
    flush: () => pool.submitted(),
  });
  pool.give(pool.take(6 * MiB));
  expect(pool.take(8 * MiB).size).toBe(8 * MiB);
  expect(() => pool.take(4 * MiB)).toThrowError(expect.objectContaining({ code: 'out-of-memory' }));
});

test('at maxBytes guests make room, and stay where there is some', () => {
  const { device } = countingDevice(2 ** 31);
  const pool: BufferPool = new BufferPool(device, {
    maxBytes: 10 * MiB,
    flush: () => pool.submitted(),
  });
  let kept: GPUBuffer | undefined = pool.take(6 * MiB);
  pool.guests.add(() => {
    if (kept === undefined) return false;
    pool.give(kept);
    kept = undefined;
    return true;
  });
  pool.take(2 * MiB);
  expect(kept).toBeDefined();
  pool.take(8 * MiB);
  expect(kept).toBeUndefined();
  expect(() => pool.take(MiB)).toThrowError(expect.objectContaining({ code: 'out-of-memory' }));
});
