import { setImmediate as afterEvents, setTimeout as sleep } from 'node:timers/promises';
import type { Absence } from './absence.ts';

/** Where a server is, and how patiently it is asked. */
export interface ServerOptions {
  /** The setting that names it: errors begin with it. */
  setting: string;
  /** The setting that names the environment variable of its token. */
  tokenSetting: string;
  /** Its address, without what comes behind it. */
  url: string;
  /** Sent as bearer, where the server wants one. */
  token?: string | undefined;
  /** Send it as this header instead. */
  tokenHeader?: string | undefined;
  /** Waits before another try where the server is busy, broken or away, milliseconds, each with up to half of it on top. Default 0.5 s, 2 s, 8 s. */
  waits?: readonly number[] | undefined;
  /** Longest answer, milliseconds. Default 10 minutes. */
  timeout?: number | undefined;
  /** Where it may go away for longer than the waits. Default: it may not. */
  absence?: Absence | undefined;
}

/** An answer that is no success: the request was understood and refused. */
export class RefusedError extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.name = 'RefusedError';
    this.status = status;
  }
}

const MESSAGE = 'application/x-protobuf';
const BYTES = /^application\/(x-protobuf|octet-stream|gzip|x-tar)/;

/**
 * Asks a server for JSON (or text, or the bytes of a message, where it answers so). Busy (429), broken (5xx, but for those in `final`) and unreachable
 * ones are asked again.
 *
 * @throws {RefusedError} for any other status: address, status and what the server said. Never the token.
 * @throws {Error} if the server cannot be reached. The signal's reason if it is aborted.
 */
export async function httpRequest(
  server: ServerOptions,
  path: string,
  request: {
    /** JSON, or a message. */
    body?: object | Uint8Array<ArrayBuffer>;
    signal?: AbortSignal | undefined;
    final?: readonly number[];
    /** Default POST with a body, else GET. */
    method?: 'DELETE' | undefined;
  } = {},
): Promise<unknown> {
  const { url, token, tokenHeader, waits = [500, 2000, 8000], timeout = 600_000 } = server;
  const { body, signal, final = [], method = body ? 'POST' : 'GET' } = request;
  const isMessage = body instanceof Uint8Array;
  const address = `${url.replace(/\/+$/, '')}${path}`;
  for (let attempt = 0; ; ) {
    await afterEvents(); // connections that the server closed while this process computed are dropped first, not used
    const limits = [AbortSignal.timeout(timeout), ...(signal ? [signal] : [])];
    const response = await fetch(address, {
      method,
      headers: {
        ...(body && { 'content-type': isMessage ? MESSAGE : 'application/json' }),
        ...(token !== undefined && (tokenHeader ? { [tokenHeader]: token } : bearer(token))),
      },
      ...(body && { body: isMessage ? body : JSON.stringify(body) }),
      ...{ signal: AbortSignal.any(limits), redirect: 'manual' },
    }).catch((cause: Error) => {
      signal?.throwIfAborted();
      return cause;
    });
    if (response instanceof Response && response.status < 500) server.absence?.over();
    if (response instanceof Response && response.ok) return read(response);
    const elsewhere = response instanceof Response ? response.headers.get('location') : null;
    if (elsewhere !== null) return follow(server, new URL(elsewhere, address), signal);
    signal?.throwIfAborted();
    if (attempt > 0 && isNobody(response) && (await server.absence?.again())) continue;
    const isPassing =
      !(response instanceof Response) ||
      ((response.status === 429 || response.status >= 500) && !final.includes(response.status));
    const wait = waits[attempt++];
    if (!isPassing || wait === undefined) throw await failure(response, address, server);
    const own = signal && { signal: AbortSignal.any([signal]) }; // many requests may wait by one signal
    await sleep(wait * (1 + Math.random() / 2), undefined, own); // of the clock's world: nothing that is trained depends on it
  }
}

/** No connection, or one that was cut: one that is silent for too long is there. */
const isNobody = (response: Response | Error): boolean =>
  response instanceof Error && response.name !== 'TimeoutError';

/** Another server is not told the token. */
function follow(
  server: ServerOptions,
  { origin, pathname, search }: URL,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { token, ...rest } = server;
  const isSame = origin === new URL(server.url).origin;
  return httpRequest({ ...rest, url: origin, ...(isSame && { token }) }, pathname + search, {
    signal,
  });
}

const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

async function read(response: Response): Promise<unknown> {
  if (BYTES.test(response.headers.get('content-type') ?? ''))
    return new Uint8Array(await response.arrayBuffer());
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function failure(
  response: Response | Error,
  address: string,
  { setting, tokenSetting }: ServerOptions,
): Promise<Error> {
  if (response instanceof Error) {
    const { cause } = response as { cause?: Error };
    const why =
      response.name === 'TimeoutError' ? 'no answer in time' : (cause?.message ?? response.message);
    return new Error(
      `${setting}: ${address} cannot be reached (${why}). Is the server running there?`,
    );
  }
  const said = (await response.text()).slice(0, 400);
  const advice =
    response.status === 401 || response.status === 403
      ? ` Put the token into the environment variable that --${tokenSetting} names.`
      : '';
  return new RefusedError(
    `${setting}: ${address} answered ${response.status}: ${said}${advice}`,
    response.status,
  );
}
