import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '../../../processes/nodeFlags.ts';

const program = fileURLToPath(new URL('cheapWorker.ts', import.meta.url));

/** A process of `cheapWorker.ts`. */
export interface CheapWorker {
  process: ChildProcess;
  /** Ends at once, as a machine does whose plug is pulled. */
  kill(): Promise<void>;
}

/** Starts workers and waits until they take jobs. */
export async function cheapWorkers(
  url: string,
  { count = 1, slots = 1 }: { count?: number; slots?: number } = {},
): Promise<CheapWorker[]> {
  const started = Array.from({ length: count }, async () => {
    const child = spawn(process.execPath, [...NODE_FLAGS, program, url, String(slots)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    await Promise.race([once(child.stdout, 'data'), ended]);
    const kill = async (): Promise<void> => {
      child.kill('SIGKILL');
      await ended;
    };
    return { process: child, kill };
  });
  return Promise.all(started);
}
