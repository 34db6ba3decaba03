import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { tensorboardRecord } from './tensorboardEvent.ts';
import type { TrackedRun, Tracker } from './tracker.ts';

const PREFIX = 'events.out.tfevents.';

/**
 * Writes a new event file into the folder of a run: `tensorboard --logdir runs` shows it. A resumed run writes one of its
 * own, sorted after those before it, that begins with where it goes on: both of TensorBoard's loaders then drop what the
 * repeated updates replace.
 */
export function tensorboardTracker({ out, done }: Pick<TrackedRun, 'out' | 'done'>): Tracker {
  const handle = openSync(
    join(out, `${PREFIX}${nextSecond(out)}.${hostname()}.${process.pid}`),
    'wx',
  );
  const write = (event: Omit<Parameters<typeof tensorboardRecord>[0], 'wallTime'>): void => {
    writeSync(handle, tensorboardRecord({ wallTime: Date.now() / 1000, ...event }));
  };
  write({ fileVersion: 'brain.Event:2' });
  if (done > 0) write({ step: done + 1, sessionStart: true });
  return {
    log: (step, scalars) => write({ step, scalars }),
    close: async () => closeSync(handle),
  };
}

/** Now, or one more than the newest file's time: files are read in the order of their names, also when the clock went back. */
function nextSecond(out: string): number {
  const times = readdirSync(out)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => Number.parseInt(name.slice(PREFIX.length), 10));
  return Math.max(Math.floor(Date.now() / 1000), 1 + Math.max(0, ...times));
}
