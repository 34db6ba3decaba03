import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '../../../processes/nodeFlags.ts';

const program = fileURLToPath(new URL('../worker/main.ts', import.meta.url));

/** A process of `npm run worker`. */
export interface WorkerProcess {
  /** Ends it. @returns Its exit code; null where the signal ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** What it has printed. */
  said(): string;
}

/** Starts a worker and waits until it takes jobs. @throws {Error} with what it said if it ends before. */
export async function workerProcess(
  url: string,
  argv: readonly string[] = [],
): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [...NODE_FLAGS, program, url, '--threads', '1', ...argv]);
  let said = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (data) => {
      said += data;
      resolve();
    });
    child.stderr.on('data', (data) => {
      said += data;
    });
    child.on('exit', () => reject(new Error(said)));
  });
  const ended = once(child, 'exit');
  await ready;
  return {
    async kill(signal) {
      child.kill(signal);
      return (await ended)[0] as number | null;
    },
    said: () => said,
  };
}
