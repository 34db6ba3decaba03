import { afterEach, expect, test, vi } from 'vitest';
import { TensorGpuError } from '../../../base/errors.ts';
import { openBrowserPool } from './browserPool.ts';
import { Heap } from './heap.ts';

/** Threads that really compute need a browser: conformance/browser/threads.ts. */
const library = { kind: 'wasm', module: {} } as const;

afterEach(() => vi.unstubAllGlobals());

const open = (threads?: number) => openBrowserPool(new Heap(), library, threads);

test('a page that may not share memory gets one thread, and is told why', async () => {
  vi.stubGlobal('crossOriginIsolated', false);
  const { threads, fewerThreads } = await open(4);
  expect(threads).toBe(1);
  expect(fewerThreads).toMatch(/not cross-origin isolated.*Cross-Origin-Embedder-Policy/);
});

test('one thread that was asked for, or a machine of one core, needs no reason', async () => {
  vi.stubGlobal('crossOriginIsolated', false);
  vi.stubGlobal('navigator', { hardwareConcurrency: 1 });
  for (const asked of [1, undefined]) {
    const { threads, fewerThreads } = await open(asked);
    expect([threads, fewerThreads]).toEqual([1, undefined]);
  }
});

test('a scope without threads, and threads that cannot be started, leave the caller alone with the reason', async () => {
  vi.stubGlobal('crossOriginIsolated', true);
  vi.stubGlobal('Worker', undefined);
  expect(await open(2)).toMatchObject({
    threads: 1,
    fewerThreads: 'this scope can start no threads',
  });
  class Refused {
    constructor() {
      throw new Error('no blobs here');
    }
  }
  vi.stubGlobal('Worker', Refused);
  expect(await open(3)).toMatchObject({
    threads: 1,
    fewerThreads: '2 threads could not be started (no blobs here)',
  });
});

test('throws `option` for a number that no pool can have', async () => {
  const fault = await open(0).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(TensorGpuError);
  expect(fault).toMatchObject({ code: 'option' });
});
