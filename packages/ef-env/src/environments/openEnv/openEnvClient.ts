import { checkChoice } from '../../base/checkChoice.ts';
import { EfEnvError } from '../../base/errors.ts';
import { readOptions } from '../../base/readOptions.ts';
import { type RemoteServer, serverUrl } from '../remote/serverUrl.ts';
import { recordOf } from './answer.ts';
import { httpJson } from './httpJson.ts';
import { httpSession } from './httpSession.ts';
import type { OpenEnvRequestOptions, OpenEnvSession } from './openEnvSession.ts';
import { webSocketSession } from './webSocketSession.ts';

export interface OpenEnvClientOptions {
  /** Address of the server, http or ws, with or without `/ws` at its end. */
  url: string;
  /**
   * `'websocket'`: each session has an environment of its own. `'http'`: for servers that share one environment among
   * all requests (openenv-core 0.1); later ones keep none between requests, and are refused. Default `'websocket'`.
   */
  transport?: 'websocket' | 'http' | undefined;
  /** Limit of one answer, connecting included, milliseconds. Default 60,000, as in openenv-core. */
  timeout?: number | undefined;
  /** Sent with every request, such as `authorization`. Browsers send none with a WebSocket. */
  headers?: Record<string, string> | undefined;
}

/** For `readOptions`. */
export const OPEN_ENV_CLIENT_OPTIONS: {
  url: 'required';
  transport: 'optional';
  timeout: 'optional';
  headers: 'optional';
} = { url: 'required', transport: 'optional', timeout: 'optional', headers: 'optional' };

/** A server of OpenEnv, as it is. */
export interface OpenEnvClient {
  /** `{ status: 'healthy' }` from one that works. */
  health(options?: OpenEnvRequestOptions): Promise<Record<string, unknown>>;
  /** Name, description and version of the environment. Absent in openenv-core 0.1. */
  metadata(options?: OpenEnvRequestOptions): Promise<Record<string, unknown>>;
  /** JSON schemas: `action`, `observation`, `state`. Absent in openenv-core 0.1. */
  schema(options?: OpenEnvRequestOptions): Promise<Record<string, unknown>>;
  /** An environment on the server. Close it: servers allow few, openenv-core one unless told otherwise. */
  session(options?: OpenEnvRequestOptions): Promise<OpenEnvSession>;
}

/**
 * A client of [OpenEnv](https://github.com/meta-pytorch/OpenEnv) servers, one level below {@link openEnv}.
 * Nothing is connected before a session is asked for.
 *
 * @throws {EfEnvError} `option` for a url without a scheme or with a user name, or a timeout that is no positive number.
 * Its functions: `server` when the server cannot be reached, refuses (its reason is the `cause`, an
 * {@link OpenEnvRefusal}), breaks its protocol or goes away; `timeout`; `missing-peer` on Node 20 without `ws`; the
 * signal's reason.
 *
 * @example
 * const client = openEnvClient({ url: 'http://127.0.0.1:8000' });
 * console.log(typeof client.session); // function
 *
 * @see openenv 0.10.0, formerly openenv-core: https://pypi.org/project/openenv/0.10.0/
 */
export function openEnvClient(options: OpenEnvClientOptions): OpenEnvClient {
  const given = readOptions('openEnvClient', options, OPEN_ENV_CLIENT_OPTIONS);
  const { url, transport = 'websocket', timeout = 60_000, headers } = given;
  checkChoice('openEnv: transport', transport, ['websocket', 'http']);
  if (!(timeout > 0)) {
    throw new EfEnvError(
      'option',
      `openEnv: timeout must be a number of milliseconds > 0, got ${timeout}.`,
    );
  }
  const server: RemoteServer = {
    caller: 'openEnv',
    url: serverUrl('openEnv', url),
    timeout,
    headers,
  };
  const get = async (
    endpoint: string,
    signal: AbortSignal | undefined,
  ): Promise<Record<string, unknown>> =>
    recordOf(
      `${endpoint} of ${server.url.shown('')}`,
      await httpJson(server, endpoint, { signal }),
    );
  return {
    health: ({ signal } = {}) => get('/health', signal),
    metadata: ({ signal } = {}) => get('/metadata', signal),
    schema: ({ signal } = {}) => get('/schema', signal),
    session: async ({ signal } = {}) =>
      transport === 'http' ? httpSession(server) : webSocketSession(server, signal),
  };
}
