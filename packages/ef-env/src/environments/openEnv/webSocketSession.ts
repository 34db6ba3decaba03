import { EfEnvError } from '../../base/errors.ts';
import { excerpt } from '../remote/json.ts';
import type { RemoteServer } from '../remote/serverUrl.ts';
import { withinTime } from '../remote/withinTime.ts';
import { messageData, recordOf, refusalIn, resultOf } from './answer.ts';
import type { OpenEnvSession } from './openEnvSession.ts';
import { openTextChannel } from './textChannel.ts';

/** A session over a WebSocket: the server makes an environment for each connection. */
export async function webSocketSession(
  { caller, url, timeout, headers }: RemoteServer,
  signal: AbortSignal | undefined,
): Promise<OpenEnvSession> {
  const shown = url.shown('/ws');
  const opening = `a session at ${shown}`;
  const channel = await withinTime(opening, { caller, milliseconds: timeout, signal }, (within) =>
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
    by: AbortSignal | undefined,
  ): Promise<T> => {
    const what = `${request.type} at ${shown}`;
    const limit = { caller, milliseconds: timeout, signal: by };
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
