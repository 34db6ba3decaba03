import type { WorkerHandle } from '../../../platform/platform.ts';
import { bootWorker } from '../bootWorker.ts';
import type { ImageRequest } from '../workerMessages.ts';

/** An image that one worker makes and all others boot from. */
export interface SharedImage {
  /** Made at the first call; `undefined` if there is no request for one. @throws what `bootWorker` throws. */
  get(signal: AbortSignal): Promise<unknown>;
  /** Ends the worker that makes it. */
  dispose(): void;
}

/** The image's own worker runs no program: it is ended as soon as it has answered. */
export function sharedImage(
  open: () => Promise<WorkerHandle>,
  request: ImageRequest | undefined,
): SharedImage {
  const disposal = new AbortController();
  let made: Promise<unknown> | undefined;
  const make = async (asked: ImageRequest): Promise<unknown> => {
    const worker = await open();
    const image = await bootWorker(worker, asked, disposal.signal);
    await worker.terminate();
    return image;
  };
  return {
    get: (signal) => {
      if (!request) return Promise.resolve(undefined);
      made ??= make(request).catch((error) => {
        made = undefined; // the next call tries again
        throw error;
      });
      return unlessAborted(made, signal);
    },
    dispose: () => disposal.abort(),
  };
}

/** Others may still wait for what one caller gives up. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
