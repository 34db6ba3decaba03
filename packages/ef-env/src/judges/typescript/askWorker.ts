import type { WorkerHandle } from '../../platform/platform.ts';

/** Why a worker did not answer. */
export type WorkerFailure = 'timeout' | 'memory' | 'crash';

/**
 * One question to a worker that answers each with one message. Ends no worker: one that failed, or was asked
 * in vain, is the caller's to end.
 *
 * @throws the reason of `signal` when that is aborted.
 */
export async function askWorker<Answer>(
  worker: WorkerHandle,
  question: unknown,
  options: { timeout: number; signal: AbortSignal },
): Promise<Answer | WorkerFailure> {
  const { timeout, signal } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: () => void = () => {};
  try {
    return await new Promise<Answer | WorkerFailure>((resolve, reject) => {
      onAbort = () => reject(signal.reason);
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      timer = setTimeout(() => resolve('timeout'), timeout);
      worker.listen(
        (answer) => resolve(answer as Answer), // our own worker, in which no foreign code runs
        (error) => resolve(isHeapLimit(error) ? 'memory' : 'crash'),
      );
      worker.post(question);
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Node's code for a worker at its heap limit. */
const isHeapLimit = (error: Error | null): boolean =>
  (error as { code?: string } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY'; // Node sets it
