/**
 * Asks once for all who want the answer; a failure is not kept. A caller's signal ends its own wait, not the others'.
 */
export function sharedAnswer<T>(
  ask: () => Promise<T>,
): (signal: AbortSignal | undefined) => Promise<T> {
  let answer: Promise<T> | undefined;
  return async (signal) => {
    signal?.throwIfAborted();
    answer ??= ask().catch((error) => {
      answer = undefined;
      throw error;
    });
    let cancel = (): void => {};
    const cancelled = new Promise<never>((_, reject) => {
      cancel = () => reject(signal?.reason);
    });
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await Promise.race([answer, cancelled]);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  };
}
