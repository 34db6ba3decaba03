import type { WorkerHandle } from '../../platform/platform.ts';
import { type RunCut, type RunReport, recordRun } from './runReport.ts';
import type { RunRequest, WorkerMessage } from './workerMessages.ts';

/** For what a worker does between programs: preparing an interpreter takes far less. */
const IDLE_LIMIT_MS = 30_000;

/** Timers of more run out at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs a program on a booted worker within its limits. Judges nothing and ends no worker: a report that is
 * not `reusable`, and a rejection, ask the caller to do that.
 *
 * @param options.timeout - milliseconds between `started` and `tested`, of all tests together.
 * @throws the reason of `signal` when that is aborted.
 */
export async function runOnWorker(
  worker: WorkerHandle,
  request: RunRequest,
  options: { timeout: number; signal: AbortSignal },
): Promise<RunReport> {
  const { timeout, signal } = options;
  let timer: ReturnType<typeof setTimeout> | undefined; // also keeps the process alive, which the worker does not
  let onAbort: () => void = () => {};
  try {
    return await new Promise<RunReport>((resolve, reject) => {
      onAbort = () => reject(signal.reason);
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      const { inputs, outputBytes } = request;
      const recorder = recordRun({ tests: inputs.length, outputBytes }, resolve);
      const arm = (milliseconds: number, cut: RunCut): void => {
        clearTimeout(timer);
        timer = setTimeout(() => recorder.cut(cut), Math.min(milliseconds, MAX_TIMER_MS));
      };
      let left = timeout;
      let startedAt = 0;
      arm(IDLE_LIMIT_MS, 'crash');
      worker.listen(
        (data) => {
          const message = data as WorkerMessage; // the recorder takes anything else for a crash
          if (message?.kind === 'started') {
            startedAt = performance.now();
            arm(left, 'timeout');
          } else if (message?.kind === 'tested' || message?.kind === 'restarted') {
            left -= performance.now() - startedAt;
            arm(IDLE_LIMIT_MS, 'crash');
          }
          recorder.take(message);
        },
        (error) => recorder.cut(isHeapLimit(error) ? 'memory' : 'crash'),
      );
      worker.post(request);
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Node's code for a worker at its heap limit. */
function isHeapLimit(error: Error | null): boolean {
  return (error as { code?: string } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY'; // Node sets it
}
