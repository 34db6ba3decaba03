import { EfEnvError } from '../../base/errors.ts';
import type { RemoteServer } from './serverUrl.ts';

/** A request beside the server's headers. */
export interface RemoteRequest {
  /** Default: GET without `body`, POST with it. */
  method?: 'GET' | 'POST' | undefined;
  body?: unknown;
  headers?: Record<string, string> | undefined;
  signal: AbortSignal;
}

/**
 * One request of JSON; `read` reads the answer.
 *
 * @throws {EfEnvError} `server` if the server cannot be reached or breaks off; the signal's reason.
 */
export async function exchange<T>(
  { caller, url, headers, hide, redirect = 'follow' }: RemoteServer,
  endpoint: string,
  {
    body,
    method = body === undefined ? 'GET' : 'POST',
    headers: own,
    signal,
    read,
  }: RemoteRequest & {
    read(response: Response): Promise<T>;
  },
): Promise<T> {
  try {
    const response = await fetch(url.http(endpoint), {
      method,
      headers: { ...headers, ...own, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal,
      redirect,
    });
    return await read(response);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof EfEnvError) throw error;
    const words = reasonOf(error);
    throw unreachable(`${caller}: ${url.shown(endpoint)}`, hide?.(words) ?? words);
  }
}

/** Of an error of `fetch`, whose `cause` has it in Node. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error; // fetch rejects with a TypeError
  return cause instanceof Error && cause.message ? cause.message : message;
}

/** The error for a server that is not there or went away; `UNREACHABLE` is the code of its `cause`. */
export function unreachable(what: string, reason: string): EfEnvError {
  return new EfEnvError(
    'server',
    `${what} cannot be reached or broke off (${reason}). Start the server, or correct the url.`,
    { cause: { code: 'UNREACHABLE', message: reason } },
  );
}
