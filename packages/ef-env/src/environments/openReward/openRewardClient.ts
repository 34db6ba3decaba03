import { environmentVariable } from '#platform';
import { checkCounts } from '../../base/checkCounts.ts';
import { checkText } from '../../base/checkData.ts';
import { EfEnvError } from '../../base/errors.ts';
import { unknownName } from '../../base/nearestName.ts';
import { readOptions } from '../../base/readOptions.ts';
import { refusalOf } from '../remote/refusal.ts';
import { serverUrl } from '../remote/serverUrl.ts';
import {
  ANSWERS,
  type Answer,
  type OpenRewardSplit,
  type OpenRewardTools,
  readAnswer,
} from './answers.ts';
import { hideSecrets, secretParts } from './hideSecrets.ts';
import type { OpenRewardRequestOptions, OpenRewardServer } from './openRewardServer.ts';
import type { OpenRewardSession } from './openRewardSession.ts';
import { type OpenRewardPlace, type OpenRewardTask, taskFields } from './openRewardTask.ts';
import { openSession } from './openSession.ts';
import { request } from './request.ts';
import { secretFields } from './secretFields.ts';
import { sharedAnswer } from './sharedAnswer.ts';

export interface OpenRewardClientOptions {
  /** Address of the server, without the name of an environment. */
  url: string;
  /** Which of the server's environments. Default: its first. */
  environment?: string | undefined;
  /** Sent as `X-API-Key`. Default: `ORS_API_KEY` in the environment of the process; in browsers none. */
  apiKey?: string | undefined;
  /** Sent with every request. */
  headers?: Record<string, string> | undefined;
  /** Handed to the environment of each session, by name. Neither they nor the key are in any error or trajectory. */
  secrets?: Readonly<Record<string, string>> | undefined;
  /** Limit of one answer, and of the silence in a stream, milliseconds. Default 60,000; servers give a sign of life every 10 s. */
  timeout?: number | undefined;
  /** Limit of one call of a tool, milliseconds. Default 600,000. */
  callTimeout?: number | undefined;
  /** How long an environment may be set up, milliseconds. Default 600,000, as in openreward. */
  startTimeout?: number | undefined;
  /** How often a request is repeated that may be, and a broken stream resumed. Default 6, which is about 12 s. */
  retries?: number | undefined;
}

/** For `readOptions`. */
export const OPEN_REWARD_CLIENT_OPTIONS: { url: 'required' } & {
  [Name in Exclude<keyof OpenRewardClientOptions, 'url'>]-?: 'optional';
} = {
  url: 'required',
  environment: 'optional',
  apiKey: 'optional',
  headers: 'optional',
  secrets: 'optional',
  timeout: 'optional',
  callTimeout: 'optional',
  startTimeout: 'optional',
  retries: 'optional',
};

/** A range of a split, as Python slices count: `stop` excluded, negative ones from the end. */
export interface OpenRewardRange extends OpenRewardRequestOptions {
  start?: number | undefined;
  stop?: number | undefined;
}

/** A server of ORS, as it is. */
export interface OpenRewardClient {
  /** The names of the server's environments. */
  environments(options?: OpenRewardRequestOptions): Promise<string[]>;
  splits(options?: OpenRewardRequestOptions): Promise<OpenRewardSplit[]>;
  /** The descriptions of all tasks of a split. A number whose digits would change is a text in them. */
  tasks(split: string, options?: OpenRewardRequestOptions): Promise<Record<string, unknown>[]>;
  numTasks(split: string, options?: OpenRewardRequestOptions): Promise<number>;
  /** The description of a task. */
  task(
    place: OpenRewardPlace,
    options?: OpenRewardRequestOptions,
  ): Promise<Record<string, unknown>>;
  taskRange(split: string, range?: OpenRewardRange): Promise<Record<string, unknown>[]>;
  /** The tasks of a split as rows for `collect`: their places. */
  rows(split: string, options?: OpenRewardRequestOptions): Promise<OpenRewardPlace[]>;
  /** The tools that all tasks have. */
  tools(options?: OpenRewardRequestOptions): Promise<OpenRewardTools>;
  /** An environment on the server for one task. Close it. */
  session(task: OpenRewardTask, options?: OpenRewardRequestOptions): Promise<OpenRewardSession>;
}

/**
 * A client of servers of the [Open Reward Standard](https://openrewardstandard.io), one level below
 * {@link openReward}. Nothing is asked before a function is called.
 *
 * @throws {EfEnvError} `option` for a url without a scheme or with a user name, limits that are no positive numbers, an
 * environment that the server does not have. Its functions: `server` when the server cannot be reached, refuses (its
 * reason is the `cause`, an {@link OpenRewardRefusal}) or breaks its protocol; `timeout`; the signal's reason.
 *
 * @example
 * const client = openRewardClient({ url: 'http://127.0.0.1:8080' });
 * console.log(typeof client.session); // function
 *
 * @see openreward 0.1.167: https://pypi.org/project/openreward/0.1.167/
 */
export function openRewardClient(options: OpenRewardClientOptions): OpenRewardClient {
  const given = readOptions('openRewardClient', options, OPEN_REWARD_CLIENT_OPTIONS);
  const server = serverOf(given);

  const ask = async <T>(
    endpoint: string,
    answer: Answer<T>,
    { signal, body }: OpenRewardRequestOptions & { body?: unknown },
  ): Promise<T> => {
    const path = `/${encodeURIComponent(await environment(signal))}${endpoint}`;
    const data = await request(server, path, { signal, body });
    return readAnswer(`${path} of ${server.url.shown('')}`, data, answer);
  };
  const environments = async (signal: AbortSignal | undefined): Promise<string[]> => {
    const data = await request(server, '/list_environments', { signal });
    return readAnswer(`/list_environments of ${server.url.shown('')}`, data, ANSWERS.names);
  };
  const environment = sharedAnswer(async () => {
    try {
      return chosen(given.environment, await environments(undefined));
    } catch (error) {
      const unlisted = refusalOf(error)?.code === 'HTTP 404'; // behind a gateway that has no list
      if (given.environment !== undefined && unlisted) return given.environment;
      throw error;
    }
  });
  const secrets = sharedAnswer(() => secretFields(server));
  const numTasks: OpenRewardClient['numTasks'] = (split, { signal } = {}) =>
    ask('/num_tasks', ANSWERS.count, { signal, body: { split } });

  return {
    environments: ({ signal } = {}) => environments(signal),
    splits: ({ signal } = {}) => ask('/splits', ANSWERS.splits, { signal }),
    tasks: (split, { signal } = {}) => ask('/tasks', ANSWERS.tasks, { signal, body: { split } }),
    numTasks,
    task: ({ split, index }, { signal } = {}) =>
      ask('/task', ANSWERS.task, { signal, body: { split, index } }),
    taskRange: (split, { start, stop, signal } = {}) =>
      ask('/task_range', ANSWERS.tasks, { signal, body: { split, start, stop } }),
    rows: async (split, by) =>
      Array.from({ length: await numTasks(split, by) }, (_, index) => ({ split, index })),
    tools: ({ signal } = {}) => ask('/tools', ANSWERS.tools, { signal }),
    session: async (task, { signal } = {}) => {
      const fields = taskFields(task);
      const hidden = await secrets(signal);
      const name = await environment(signal);
      return openSession(server, { environment: name, fields, secrets: hidden, signal });
    },
  };
}

function serverOf(given: OpenRewardClientOptions): OpenRewardServer {
  const { url, headers = {}, secrets } = given;
  const { timeout = 60_000, callTimeout = 600_000, startTimeout = 600_000, retries = 6 } = given;
  for (const [name, limit] of Object.entries({ timeout, callTimeout, startTimeout })) {
    if (limit > 0) continue;
    throw new EfEnvError(
      'option',
      `openReward: ${name} must be a number of milliseconds > 0, got ${limit}.`,
    );
  }
  checkCounts('openReward', { retries }, 0);
  checkTexts({ headers, secrets });
  if (given.apiKey !== undefined) checkText('openReward', 'apiKey', given.apiKey);
  const address = serverUrl('openReward', url);
  const apiKey = (given.apiKey ?? environmentVariable('ORS_API_KEY'))?.trim();
  return {
    caller: 'openReward',
    url: address,
    ...{ timeout, callTimeout, startTimeout, retries, secrets },
    headers: apiKey ? { ...headers, 'X-API-Key': apiKey } : headers,
    redirect: 'error',
    hide: hideSecrets([apiKey, ...Object.values(secrets ?? {}), ...secretParts(headers, url)]),
  };
}

/** @throws {EfEnvError} `option`, without the value, which may be secret. */
function checkTexts(options: Record<string, unknown>): void {
  for (const [name, values] of Object.entries(options)) {
    const texts = Object.entries(values ?? {});
    const other = texts.find(([, value]) => typeof value !== 'string');
    if (other === undefined) continue;
    throw new EfEnvError(
      'option',
      `openReward: ${name} must be texts, ${other[0]} is of type ${typeof other[1]}.`,
    );
  }
}

/** @throws {EfEnvError} `option` for one that the server does not have. */
function chosen(name: string | undefined, names: readonly string[]): string {
  const found = name === undefined ? names[0] : names.find((known) => known === name.toLowerCase());
  if (found !== undefined) return found;
  throw new EfEnvError(
    'option',
    `openReward: ${name === undefined ? 'the server lists no environment.' : unknownName('environment', name, names)}`,
  );
}
