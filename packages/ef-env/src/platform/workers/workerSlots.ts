import { EfEnvError } from '../../base/errors.ts';
import type { WorkerHandle } from '../platform.ts';
import { forwardAbort, type HeardSignals } from './forwardAbort.ts';

export interface WorkerSlots {
  /**
   * Runs `task` on a booted worker of its own; more calls than slots wait in order. A task that rejects or
   * gives `reusable: false` costs its worker, which is replaced when it is needed.
   *
   * @throws {EfEnvError} `sandbox` when disposed; the reason of `signal`; what `boot` or `task` throws.
   */
  use<T extends { reusable: boolean }>(
    task: (worker: WorkerHandle, signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T>;
  /** Ends all workers; calls that wait or run reject. */
  dispose(): Promise<void>;
}

/**
 * At most `concurrency` workers, started when needed and kept for the next task.
 *
 * @param boot - starts a worker and waits until it is ready; ends it itself when it fails.
 */
export function workerSlots(
  concurrency: number,
  boot: (signal: AbortSignal) => Promise<WorkerHandle>,
): WorkerSlots {
  const idle = new Set<WorkerHandle>();
  const waiting: (() => void)[] = [];
  const calls = new Map<AbortController, Promise<unknown>>();
  const heard: HeardSignals = new Map();
  let free = concurrency;
  let disposed = false;

  const takeSlot = (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiting.splice(waiting.indexOf(enter), 1);
        reject(signal.reason);
      };
      const enter = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.push(enter);
    });
  };
  const giveSlot = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  const runTask = async <T extends { reusable: boolean }>(
    task: (worker: WorkerHandle, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> => {
    const [kept] = idle;
    if (kept) idle.delete(kept);
    const worker = kept ?? (await boot(signal));
    let reusable = false;
    try {
      const result = await task(worker, signal);
      reusable = result.reusable && !disposed;
      return result;
    } finally {
      if (reusable) {
        idle.add(worker);
        worker.listen(
          () => {},
          () => idle.delete(worker),
        );
      } else await worker.terminate();
    }
  };

  const inSlot = async <T extends { reusable: boolean }>(
    task: (worker: WorkerHandle, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> => {
    await takeSlot(signal);
    try {
      return await runTask(task, signal);
    } finally {
      giveSlot();
    }
  };

  return {
    use: async (task, signal) => {
      if (disposed) throw disposedError();
      signal?.throwIfAborted();
      const call = new AbortController();
      const release = forwardAbort(heard, signal, call);
      const running = inSlot(task, call.signal);
      calls.set(call, running);
      try {
        return await running;
      } finally {
        calls.delete(call);
        release();
      }
    },
    dispose: async () => {
      disposed = true;
      const running = [...calls.values()];
      for (const call of calls.keys()) call.abort(disposedError());
      await Promise.allSettled([...running, ...[...idle].map((worker) => worker.terminate())]);
      idle.clear();
    },
  };
}

function disposedError(): EfEnvError {
  return new EfEnvError('sandbox', 'sandbox: it was disposed of. Make a new one.');
}
