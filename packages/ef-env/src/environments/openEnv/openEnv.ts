import { checkCounts } from '../../base/checkCounts.ts';
import { EfEnvError } from '../../base/errors.ts';
import { readOptions } from '../../base/readOptions.ts';
import type { Environment } from '../../episode/environment.ts';
import { sessionSlots } from '../remote/sessionSlots.ts';
import {
  OPEN_ENV_CLIENT_OPTIONS,
  type OpenEnvClientOptions,
  openEnvClient,
} from './openEnvClient.ts';
import { type OpenEnvTranslation, openEnvEpisode } from './openEnvEpisode.ts';

export interface OpenEnvOptions extends OpenEnvClientOptions, OpenEnvTranslation {
  /** Stored with each trajectory. Default `'openenv'`. */
  name?: string | undefined;
  /** Said before the first observation; absent = no system turn. */
  system?: string | undefined;
  /**
   * Sessions at once, which are episodes at once; more wait. Default 1, as a server has unless it was started with a
   * higher `max_concurrent_envs`.
   */
  sessions?: number | undefined;
}

/**
 * An environment served by [OpenEnv](https://github.com/meta-pytorch/OpenEnv): each episode is a session of its own.
 *
 * A task is the arguments of the environment's `reset`; the seed is added to them unless they have one. The reward of
 * an attempt and the end of the episode are the server's. A connection that breaks ends its own episode and is not
 * opened again, since the state went with it. Only a server that is full is asked again, three times in about a second.
 *
 * @throws {EfEnvError} `option` for options that cannot work. Episodes: see {@link openEnvClient}.
 *
 * @example
 * const echo = openEnv({
 *   url: 'http://127.0.0.1:8000', // openenv init echo_env; cd echo_env; uvicorn server.app:app
 *   action: (text) => ({ message: text }),
 * });
 * echo.name; // 'openenv'
 */
export function openEnv<Task extends object = Record<string, unknown>>(
  options: OpenEnvOptions,
): Environment<Task> {
  const given = readOptions('openEnv', options, {
    ...OPEN_ENV_CLIENT_OPTIONS,
    action: 'required',
    name: 'optional',
    system: 'optional',
    sessions: 'optional',
    observe: 'optional',
    actionErrors: 'optional',
  });
  const { name = 'openenv', system, sessions = 1, url, transport, timeout, headers } = given;
  checkCounts('openEnv', { sessions });
  if (typeof given.action !== 'function') {
    throw new EfEnvError(
      'option',
      `openEnv: action must be a function from a text to an action, got ${typeof given.action}.`,
    );
  }
  if (transport === 'http' && sessions > 1) {
    throw new EfEnvError(
      'option',
      `openEnv: sessions must be 1 over HTTP, where all requests share one environment, got ${sessions}. Use transport: 'websocket'.`,
    );
  }
  const client = openEnvClient({ url, transport, timeout, headers });
  const slots = sessionSlots(sessions);
  return {
    name,
    system,
    concurrency: sessions,
    start: () => openEnvEpisode<Task>(client, slots, given),
  };
}
