import type { NatsConnection } from '@nats-io/nats-core';
import { sleep } from './sleep.ts';

/**
 * Asks again until the server answers: it may be restarted meanwhile.
 *
 * @param what - The request, for the error.
 * @throws {Error} when patience has ended: server, request, what it said and what to check. The signal's reason if it is aborted.
 */
export type Surely = <T>(
  what: string,
  request: () => Promise<T>,
  signal?: AbortSignal,
) => Promise<T>;

/** An answer that no repetition changes. */
export class FinalError extends Error {}

/** @param patience - How long the server may be away, milliseconds. */
export function askSurely(connection: NatsConnection, url: string, patience: number): Surely {
  return async (what, request, signal) => {
    const started = performance.now();
    for (;;) {
      signal?.throwIfAborted();
      if (connection.isClosed()) throw new Error(`workers: the connection to ${url} is closed.`);
      try {
        return await request();
      } catch (error) {
        const { message } = error as Error;
        if (error instanceof FinalError) throw error;
        if (performance.now() - started > patience) {
          throw new Error(
            `workers: ${url} did not answer (${what}: ${message}) for ${Math.round(patience / 1000)} s. Is the server up, with JetStream and room on its disk?`,
          );
        }
        await sleep(100 + 200 * Math.random()); // of the clock's world
      }
    }
  };
}
