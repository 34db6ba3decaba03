import { EfEnvError } from '../../base/errors.ts';
import { excerpt, messageData, recordOf, refusalIn, resultOf } from './answer.ts';
import type { OpenEnvSession } from './openEnvSession.ts';
import type { OpenEnvServer } from './serverUrl.ts';
import { openTextChannel } from './textChannel.ts';
import { withinTime } from './withinTime.ts';

/** A session over a WebSocket: the server makes an environment for each connection. */
export async function webSocketSession(
  { url, timeout, headers }: OpenEnvServer,
  signal: AbortSignal | undefined,
): Promise<OpenEnvSession> {
  const shown = url.shown('/ws');
  const opening = `a session at ${shown}`;
  const channel = await withinTime(opening, { milliseconds: timeout, signal }, (within) =>
    openTextChannel(
      {
        url: url.webSocket,
        shown,
        headers,
        goodbye: '{"type":"close"}',
        // a server that takes no further session says so before it is asked anything
        unasked: (message) => refusalIn(opening, message) ?? talkative(shown, message),
      },
      within,
    ),
  );

  const ask = async <T>(
    request: { type: string; data?: unknown },
    read: (what: string, data: unknown) => T,
    caller: AbortSignal | undefined,
  ): Promise<T> => {
    const what = `${request.type} at ${shown}`;
    const limit = { milliseconds: timeout, signal: caller };
    const answer = await withinTime(what, limit, (within) =>
      channel.exchange(JSON.stringify(request), within),
    );
    return read(
      what,
      messageData(what, answer, request.type === 'state' ? 'state' : 'observation'),
    );
  };
  return {
    reset: (data = {}, { signal } = {}) => ask({ type: 'reset', data }, resultOf, signal),
    step: (data, { signal } = {}) => ask({ type: 'step', data }, resultOf, signal),
    state: ({ signal } = {}) => ask({ type: 'state' }, recordOf, signal),
    close: () => channel.close(),
  };
}

function talkative(shown: string, message: unknown): EfEnvError {
  return new EfEnvError(
    'server',
    `openEnv: ${shown} must answer requests and say nothing else, got ${excerpt(message)} unasked. Is the url that of an OpenEnv server?`,
  );
}
