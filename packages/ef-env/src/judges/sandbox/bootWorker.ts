import { EfEnvError } from '../../base/errors.ts';
import type { WorkerHandle } from '../../platform/platform.ts';
import type { BootRequest, ImageRequest, WorkerMessage } from './workerMessages.ts';

/** Pyodide boots in 3 to 5 s, in 20 s on a very busy machine; what takes longer never comes. */
const BOOT_LIMIT_MS = 60_000;

/**
 * Waits until a worker has loaded its interpreter. On failure the worker is ended.
 *
 * @returns the image, where one was asked for.
 * @throws {EfEnvError} `missing-peer` or `sandbox`; the reason of `signal` when that is aborted.
 */
export async function bootWorker(
  worker: WorkerHandle,
  request: BootRequest | ImageRequest,
  signal: AbortSignal,
): Promise<unknown> {
  let onAbort: () => void = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<unknown>((resolve, reject) => {
      const fail = (why: string): void => reject(new EfEnvError('sandbox', `sandbox: ${why}`));
      onAbort = () => reject(signal.reason);
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      timer = setTimeout(() => fail('the interpreter was not ready after 60 s.'), BOOT_LIMIT_MS);
      worker.listen(
        (data) => {
          const message = data as WorkerMessage; // from our own file: no program has run in it yet
          if (message.kind === 'ready') resolve(undefined);
          else if (message.kind === 'image') resolve(message.image);
          else if (message.kind === 'failed') {
            reject(new EfEnvError(message.code, message.message));
          }
        },
        (error) =>
          fail(`the worker ended while it started: ${error?.message ?? 'no reason given'}.`),
      );
      worker.post(request);
    });
  } catch (error) {
    await worker.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
