import { EfEnvError } from '../base/errors.ts';

/** Milliseconds; `setTimeout` fires at once for more. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** A caller's signal, heard once and passed on to any number of running steps. */
export interface Cancellation {
  readonly signal: AbortSignal | undefined;
  /** Called with the signal's reason when it is aborted. */
  readonly listeners: Set<(reason: unknown) => void>;
  /** Stops listening. */
  dispose(): void;
}

/** One listener on `signal` however many steps run: Node warns from the eleventh on. */
export function listenTo(signal: AbortSignal | undefined): Cancellation {
  const listeners = new Set<(reason: unknown) => void>();
  const onAbort = (): void => {
    for (const listener of listeners) listener(signal?.reason);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  return { signal, listeners, dispose: () => signal?.removeEventListener('abort', onAbort) };
}

export interface StepLimits {
  /** The public function, for messages. */
  caller: string;
  /** Milliseconds; `Infinity` = no limit. */
  stepTimeout: number;
  cancellation: Cancellation;
}

/**
 * Runs one call of an environment with a time limit. The call's signal is aborted when the time is
 * over or the caller cancels; a call that ignores its signal is abandoned, its late result dropped.
 *
 * @throws {EfEnvError} `timeout` after `stepTimeout`; the reason of the caller's signal when that is
 * aborted; whatever `call` throws.
 */
export async function stepWithin<T>(
  { caller, stepTimeout, cancellation }: StepLimits,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  cancellation.signal?.throwIfAborted();
  const controller = new AbortController();
  let end: (reason: unknown) => void = () => {};
  const cut = new Promise<never>((_, reject) => {
    end = (reason) => {
      controller.abort(reason);
      reject(reason);
    };
  });
  const expire = (): void =>
    end(new EfEnvError('timeout', `${caller}: a step took longer than ${stepTimeout} ms.`));
  const timer = stepTimeout <= LONGEST_TIMER ? setTimeout(expire, stepTimeout) : undefined;
  cancellation.listeners.add(end);
  try {
    return await Promise.race([call(controller.signal), cut]);
  } finally {
    clearTimeout(timer);
    cancellation.listeners.delete(end);
  }
}
