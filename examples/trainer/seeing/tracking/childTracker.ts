import { type ChildProcess, spawn } from 'node:child_process';
import type { TrackedRun, Tracker } from './tracker.ts';

/** A child that takes nothing in is given up when so many bytes wait for it. */
const MOST_WAITING = 16 << 20;

export interface ChildTrackerOptions {
  run: TrackedRun;
  /** Longest wait for its end, milliseconds. Default 60,000. */
  endTimeout?: number | undefined;
}

/**
 * A tracker in a process of its own, which reads lines of JSON: `{ run }`, then `{ step, scalars }` for each update. What
 * a tracking library does to signals, threads and the network stays there; the run never waits for it but at its end.
 */
export function childTracker(
  [program, ...args]: readonly [string, ...string[]],
  { run, endTimeout = 60_000 }: ChildTrackerOptions,
): Tracker {
  // a session of its own: Ctrl-C is the trainer's, which tells it when the run has been saved
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], detached: true });
  const ended = endOf(child);
  ended.catch(() => undefined); // told by `log` or `close`
  let failure: Error | undefined;
  ended.catch((error: Error) => {
    failure = error;
  });
  child.stdin.on('error', () => undefined); // it has ended, which says more
  const send = (line: object): void => {
    if (failure) throw failure;
    if (child.stdin.writableLength > MOST_WAITING) {
      child.kill('SIGKILL');
      throw new Error('it takes nothing in any more');
    }
    child.stdin.write(`${JSON.stringify(line)}\n`);
  };
  send({ run });
  return {
    log: (step, scalars) => send({ step, scalars }),
    close: async () => {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), endTimeout);
      try {
        await ended;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Resolves when the child ends well, else rejects with the last line that it said. */
function endOf(child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-4000);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject); // not started
    child.once('close', (code, signal) => {
      if (code === 0) return resolve();
      const line = said.trim().split('\n').at(-1);
      reject(new Error(line ? line : `it ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}
