import { EfEnvError } from '../../base/errors.ts';

/** How long a request may take, and who may end it earlier. */
export interface TimeLimit {
  /** The public function, for messages. */
  caller: string;
  milliseconds: number;
  /** The option that raises the limit. Default `'timeout'`. */
  option?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Runs `call` with a signal that is aborted when the time is over or the caller cancels. `restart` begins the time anew.
 *
 * @throws {EfEnvError} `timeout` when the time is over; the reason of the caller's signal; what `call` throws.
 */
export async function withinTime<T>(
  what: string,
  { caller, milliseconds, option = 'timeout', signal }: TimeLimit,
  call: (signal: AbortSignal, restart: () => void) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const cancel = (): void => controller.abort(signal?.reason);
  const late = (): void =>
    controller.abort(
      new EfEnvError(
        'timeout',
        `${caller}: ${what} took longer than ${milliseconds} ms. Raise ${option}, or see what the server is doing.`,
      ),
    );
  let timer = setTimeout(late, milliseconds);
  const restart = (): void => {
    clearTimeout(timer);
    timer = setTimeout(late, milliseconds);
  };
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await call(controller.signal, restart);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  }
}
