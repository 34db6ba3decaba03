import { exchange } from '../remote/exchange.ts';
import { parseJson } from '../remote/json.ts';
import { withinTime } from '../remote/withinTime.ts';
import { unexpected } from './answers.ts';
import type { OpenRewardServer } from './openRewardServer.ts';
import { refusedAnswer } from './refusal.ts';
import { withRetries } from './withRetries.ts';

export interface OpenRewardRequest {
  /** Default: GET without `body`, POST with it. */
  method?: 'GET' | 'POST' | undefined;
  body?: unknown;
  headers?: Record<string, string> | undefined;
  signal: AbortSignal | undefined;
}

/**
 * A request that changes nothing, or nothing more when it is repeated; its answer is any JSON. `timeout` is the limit of
 * each attempt.
 *
 * @throws {EfEnvError} `server` if the server stays unreachable, refuses, or answers something else; `timeout`.
 */
export async function request(
  server: OpenRewardServer,
  endpoint: string,
  { signal, ...asked }: OpenRewardRequest,
): Promise<unknown> {
  const what = `${endpoint} of ${server.url.shown('')}`;
  const { caller, timeout: milliseconds } = server;
  const until = signal ?? new AbortController().signal; // never
  return withRetries(server, { signal: until }, () =>
    withinTime(what, { caller, milliseconds, signal }, (within) =>
      exchange(server, endpoint, {
        ...asked,
        signal: within,
        read: async (response) => {
          if (!response.ok) throw await refusedAnswer(what, response, server);
          const text = await response.text();
          const data = parseJson(text, server.hide);
          if (data === undefined) throw unexpected(what, 'JSON', server.hide?.(text) ?? text);
          return data;
        },
      }),
    ),
  );
}
