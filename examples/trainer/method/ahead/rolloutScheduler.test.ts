import { createRandom } from '@molrl/ef-env';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { rolloutScheduler } from './rolloutScheduler.ts';

const WORKERS = 64;
const [PROMPTS, GENERATIONS] = [8, 8];
const STEP_MS = 10_000;
const UPDATES = 60;
/** Of a standard normal. */
const P99 = 2.326;

/** Seconds that episodes take: log-normal with median 4 s and 99th percentile 40 s. */
function latencies(seed: number): () => number {
  const random = createRandom(seed);
  return () => {
    const normal =
      Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    return 4 * 10 ** (normal / P99);
  };
}

/** Workers that play one episode each, first come, first served. */
function workers(count: number) {
  let free = count;
  const queue: (() => void)[] = [];
  return async (milliseconds: number, signal: AbortSignal): Promise<void> => {
    if (free === 0) await new Promise<void>((resolve) => queue.push(resolve));
    else free -= 1;
    if (!signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    const following = queue.shift();
    if (following) following();
    else free += 1;
  };
}

/** Trains for some updates on a clock of its own. */
async function simulate(maxStaleness: number) {
  const seconds = latencies(7);
  const work = workers(WORKERS);
  const learned: number[] = [];
  const stale: number[] = [];
  let [waited, dropped, most] = [0, 0, 0];
  let open = 0;
  const scheduler = rolloutScheduler<number>({
    ...{ prompts: PROMPTS, maxStaleness, step: 0, total: UPDATES * PROMPTS, waiting: [], next: 0 },
    async play(number, signal) {
      most = Math.max(most, ++open);
      const times = Array.from({ length: GENERATIONS }, () => 1000 * seconds());
      await Promise.all(times.map((time) => work(time, signal)));
      open -= 1;
      return number;
    },
  });
  for (let step = 0; step < UPDATES; step++) {
    const batch = await scheduler.take();
    waited += batch.waited;
    dropped += batch.dropped;
    learned.push(...batch.groups.map(({ group }) => group));
    stale.push(...batch.groups.map(({ staleness }) => staleness));
    await new Promise((resolve) => setTimeout(resolve, STEP_MS)); // the update
    scheduler.advance();
  }
  const idle = waited / (waited + (UPDATES * STEP_MS) / 1000);
  return { idle, learned, stale, dropped, most, left: scheduler.position() };
}

/** Of a clock that jumps to whatever happens next. */
async function onVirtualTime<T>(run: Promise<T>): Promise<T> {
  let ended = false;
  const outcome = run.finally(() => {
    ended = true;
  });
  outcome.catch(() => {});
  while (!ended) await vi.advanceTimersToNextTimerAsync();
  return outcome;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('64 workers, episodes of 4 s (median) and 40 s (99th percentile), updates of 10 s on 64 episodes', () => {
  test.each([
    { maxStaleness: 0, least: 0.5, most: 1 },
    { maxStaleness: 3, least: 0, most: 0.1 },
  ])(
    'with maxStaleness $maxStaleness the trainer stands still for $least to $most of the time',
    async ({ maxStaleness, least, most }) => {
      const played = await onVirtualTime(simulate(maxStaleness));
      expect(played.idle).toBeGreaterThanOrEqual(least);
      expect(played.idle).toBeLessThanOrEqual(most);
      expect(Math.max(...played.stale)).toBe(maxStaleness);
      expect(played.most).toBe((maxStaleness + 1) * PROMPTS); // memory does not grow with the run
      // nothing lost, nothing twice: every number was learned from or dropped
      expect(new Set(played.learned).size).toBe(UPDATES * PROMPTS);
      expect(played.left).toEqual({ waiting: [], next: UPDATES * PROMPTS + played.dropped });
      expect(played.dropped === 0).toBe(maxStaleness === 0);
    },
  );
});

describe('rolloutScheduler', () => {
  /** Groups that are ready when the test says so. */
  function open(options: { waiting?: number[]; next?: number; total?: number } = {}) {
    const playing = new Map<number, { end: (error?: Error) => void; signal: AbortSignal }>();
    const scheduler = rolloutScheduler<string>({
      ...{ prompts: 2, maxStaleness: 1, step: 0, total: 100, waiting: [], next: 0, ...options },
      play: (number, signal) =>
        new Promise((resolve, reject) => {
          const end = (error?: Error) => (error ? reject(error) : resolve(`group ${number}`));
          playing.set(number, { end, signal });
        }),
    });
    return {
      scheduler,
      playing,
      end: (...numbers: number[]) => numbers.map((n) => playing.get(n)!.end()),
    };
  }

  test('begins what may be ahead, learns from what is ready first, drops what got too old', async () => {
    const { scheduler, playing, end } = open();
    expect([...playing.keys()]).toEqual([0, 1, 2, 3]);
    end(1, 2);
    const first = await scheduler.take();
    expect(first.groups.map(({ group, staleness }) => [group, staleness])).toEqual([
      ['group 1', 0],
      ['group 2', 0],
    ]);
    expect(scheduler.position()).toEqual({ waiting: [0, 3], next: 4 });
    scheduler.advance();
    expect([...playing.keys()]).toEqual([0, 1, 2, 3, 4, 5]);
    end(3, 5);
    const second = await scheduler.take();
    expect(second.groups.map(({ number, staleness }) => [number, staleness])).toEqual([
      [3, 1],
      [5, 0],
    ]);
    expect(playing.get(0)!.signal.aborted).toBe(false);
    scheduler.advance();
    expect(playing.get(0)!.signal.aborted).toBe(true); // of weights two updates ago
    end(4, 6);
    expect((await scheduler.take()).dropped).toBe(1);
  });

  test('a stopped run goes on with what was begun, and begins no more than it needs', () => {
    const { scheduler, playing } = open({ waiting: [3, 7], next: 9, total: 3 });
    expect([...playing.keys()]).toEqual([3, 7, 9]);
    expect(scheduler.position()).toEqual({ waiting: [3, 7, 9], next: 10 });
    scheduler.close();
    expect([...playing.values()].every(({ signal }) => signal.aborted)).toBe(true);
  });

  test('what fails ends the wait', async () => {
    const { scheduler, playing } = open();
    const taken = scheduler.take();
    playing.get(2)!.end(new Error('no workers'));
    await expect(taken).rejects.toThrow('no workers');
  });
});
