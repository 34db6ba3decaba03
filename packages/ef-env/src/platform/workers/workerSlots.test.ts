import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { WorkerHandle } from '../platform.ts';
import { workerSlots } from './workerSlots.ts';

interface FakeWorker extends WorkerHandle {
  number: number;
  ended: boolean;
  /** As if it died by itself. */
  exit(): void;
}

function fakeSlots(concurrency = 1) {
  const workers: FakeWorker[] = [];
  const boot = async (): Promise<FakeWorker> => {
    let onExit: (error: Error | null) => void = () => {};
    const worker: FakeWorker = {
      number: workers.length,
      ended: false,
      post: () => {},
      listen: (_, exit) => {
        onExit = exit;
      },
      terminate: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        worker.ended = true;
      },
      exit: () => onExit(null),
    };
    workers.push(worker);
    return worker;
  };
  return { slots: workerSlots(concurrency, boot), workers };
}
const numberOf = (worker: WorkerHandle): number => (worker as FakeWorker).number; // boot made them
const reuse = async (worker: WorkerHandle) => ({ reusable: true, number: numberOf(worker) });
const spoil = async (worker: WorkerHandle) => ({ reusable: false, number: numberOf(worker) });
/** Runs until it is aborted. */
const wait = (_: WorkerHandle, signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

test('a worker is kept while it is reusable and ended when it is not', async () => {
  const { slots, workers } = fakeSlots();
  const numbers = [];
  for (const task of [reuse, spoil, reuse]) numbers.push((await slots.use(task)).number);
  expect(numbers).toEqual([0, 0, 1]);
  expect(workers.map(({ ended }) => ended)).toEqual([true, false]);
});

test('a task that throws costs its worker and frees the slot', async () => {
  const { slots, workers } = fakeSlots();
  const failing = slots.use(async () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(workers[0]?.ended).toBe(true);
  expect((await slots.use(reuse)).number).toBe(1);
});

test('more tasks than slots wait in order, never more at once', async () => {
  const { slots, workers } = fakeSlots(2);
  const order: number[] = [];
  let running = 0;
  const tasks = [0, 1, 2, 3, 4].map((i) =>
    slots.use(async () => {
      expect(++running).toBeLessThanOrEqual(2);
      order.push(i);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running -= 1;
      return { reusable: true };
    }),
  );
  await Promise.all(tasks);
  expect(order).toEqual([0, 1, 2, 3, 4]);
  expect(workers).toHaveLength(2);
});

test('a worker that dies while it is idle is replaced', async () => {
  const { slots, workers } = fakeSlots();
  await slots.use(reuse);
  workers[0]?.exit();
  expect((await slots.use(reuse)).number).toBe(1);
});

test('aborting ends the running task and its worker, and takes a waiting one out of the queue', async () => {
  const { slots, workers } = fakeSlots();
  const running = new AbortController();
  const waiting = new AbortController();
  const first = slots.use(wait, running.signal);
  const second = slots.use(reuse, waiting.signal);
  const third = slots.use(reuse);
  waiting.abort(new Error('second'));
  await expect(second).rejects.toThrow('second');
  running.abort(new Error('first'));
  await expect(first).rejects.toThrow('first');
  expect(workers[0]?.ended).toBe(true);
  expect((await third).number).toBe(1);
});

test('many calls put one listener on their signal, and it does not stay', async () => {
  const { slots } = fakeSlots();
  const { signal } = new AbortController();
  const open = [reuse, spoil, reuse].map((task) => slots.use(task, signal));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  await Promise.all(open);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('an aborted signal starts nothing', async () => {
  const { slots, workers } = fakeSlots();
  await expect(slots.use(reuse, AbortSignal.abort(new Error('early')))).rejects.toThrow('early');
  expect(workers).toHaveLength(0);
});

test('disposing ends idle and busy workers, rejects what waits, and refuses more', async () => {
  const { slots, workers } = fakeSlots(2);
  await slots.use(reuse);
  const open = [slots.use(wait), slots.use(wait), slots.use(reuse)].map((task) =>
    expect(task).rejects.toMatchObject({ code: 'sandbox' }),
  );
  await new Promise((resolve) => setTimeout(resolve, 1));
  await slots.dispose();
  expect(workers.map(({ ended }) => ended)).toEqual([true, true]);
  await Promise.all(open);
  await expect(slots.use(reuse)).rejects.toMatchObject({ code: 'sandbox' });
});
