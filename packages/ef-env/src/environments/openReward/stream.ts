import { EfEnvError } from '../../base/errors.ts';
import { exchange, unreachable } from '../remote/exchange.ts';
import { refusalOf } from '../remote/refusal.ts';
import { withinTime } from '../remote/withinTime.ts';
import type { OpenRewardServer } from './openRewardServer.ts';
import { refused, refusedAnswer } from './refusal.ts';
import { serverSentEvents } from './serverSentEvents.ts';
import { withRetries } from './withRetries.ts';

interface StreamRequest {
  /** For messages. */
  what: string;
  body: Record<string, unknown>;
  headers?: Record<string, string> | undefined;
  signal: AbortSignal | undefined;
  /** Whether it may be sent again without the id that the server gave it. */
  repeatable: boolean;
}

interface Streamed {
  /** What the server calls it. */
  id: string;
  /** The answer, put together. */
  text: string;
}

/**
 * A request whose answer comes in events: first an id by which a broken stream is resumed, then the answer in pieces.
 * A stream that breaks or falls silent for `timeout` is resumed; the server says all of it again, and runs nothing twice.
 *
 * @throws {EfEnvError} `server` also if it breaks before it has an id and may not be repeated; `timeout` after
 * `callTimeout`.
 */
export async function stream(
  server: OpenRewardServer,
  endpoint: string,
  { what, body, headers, signal, repeatable }: StreamRequest,
): Promise<Streamed> {
  const { caller, callTimeout: milliseconds } = server;
  let id: string | undefined;
  const attempt = (within: AbortSignal): Promise<Streamed> =>
    withoutSilence(server, { what, signal: within }, (heard, alive) =>
      exchange(server, endpoint, {
        body: id === undefined ? body : { ...body, task_id: id },
        headers: { ...headers, accept: 'text/event-stream' },
        signal: heard,
        read: async (response) => {
          if (!response.ok || response.body === null)
            throw await refusedAnswer(what, response, server);
          const resumed = id !== undefined;
          let text = '';
          for await (const { event, data } of serverSentEvents(response.body, alive)) {
            if (event === 'task_id') id = data.trim();
            if (event === 'chunk') text += data;
            if (event === 'end') return { id: id ?? '', text: text + data };
            if (event === 'error') throw failed(what, data, { resumed, server });
          }
          throw unreachable(`${caller}: ${what}`, 'the stream ended before the answer');
        },
      }),
    );
  const run = (within: AbortSignal): Promise<Streamed> =>
    withRetries(server, { signal: within, repeatable: () => repeatable || id !== undefined }, () =>
      attempt(within),
    );
  try {
    const limit = { caller, milliseconds, option: 'callTimeout', signal };
    return await withinTime(what, limit, run);
  } catch (error) {
    const lost = refusalOf(error)?.code === 'UNREACHABLE' && id === undefined && !repeatable;
    throw lost ? unknownEnd(error as EfEnvError) : error; // it has a refusal
  }
}

/** Runs `call` with a signal that is aborted, as a broken connection, when nothing was heard for the server's `timeout`. */
function withoutSilence<T>(
  { caller, timeout: milliseconds }: OpenRewardServer,
  { what, signal }: { what: string; signal: AbortSignal },
  call: (signal: AbortSignal, alive: () => void) => Promise<T>,
): Promise<T> {
  return withinTime(what, { caller, milliseconds, signal }, call).catch((error) => {
    const silent = error instanceof EfEnvError && error.code === 'timeout' && !signal.aborted;
    throw silent ? unreachable(`${caller}: ${what}`, `silent for ${milliseconds} ms`) : error;
  });
}

/** The error that a server reports in its stream. */
function failed(
  what: string,
  data: string,
  { resumed, server }: { resumed: boolean; server: OpenRewardServer },
): EfEnvError {
  const message = (server.hide?.(data) ?? data) || 'no reason given';
  if (!resumed || data !== 'unknown task_id')
    return refused(what, { code: 'EXECUTION_ERROR', message });
  return new EfEnvError(
    'server',
    `openReward: the stream of ${what} broke and cannot be resumed (${message}). Servers forget an answer after a minute, and all when they restart: start another session.`,
  );
}

function unknownEnd({ message, cause }: EfEnvError): EfEnvError {
  const words =
    'Whether the call was run is not known, so it is not repeated: start another session.';
  return new EfEnvError('server', `${message} ${words}`, { cause });
}
