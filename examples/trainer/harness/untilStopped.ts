import type { Progress } from './progress.ts';

export interface UntilStoppedOptions {
  /** Aborted when the run is to end early. */
  signal: AbortSignal;
  progress: Progress;
  /** The command that goes on with the run. */
  again: string;
}

/**
 * The work of a run, to its end or until it is stopped. `work` saves what it has when `signal` is aborted.
 *
 * @returns Whether it came to its end.
 */
export async function untilStopped(
  work: () => Promise<void>,
  { signal, progress, again }: UntilStoppedOptions,
): Promise<boolean> {
  try {
    await work();
  } catch (error) {
    progress.stop(); // above what is said now
    if (!signal.aborted) throw error;
    process.stdout.write(`Stopped and saved. Continue with: ${again}\n`);
    return false;
  }
  progress.stop();
  return true;
}
