import { exchange } from '../remote/exchange.ts';
import { isRecord, parseJson } from '../remote/json.ts';
import { faultLines } from '../remote/refusal.ts';
import type { RemoteServer } from '../remote/serverUrl.ts';
import { withinTime } from '../remote/withinTime.ts';
import { unexpected } from './answer.ts';
import { refused } from './refusal.ts';

/** What a request sends besides the server's headers, and what ends it early. */
interface HttpRequest {
  body?: unknown;
  signal: AbortSignal | undefined;
}

/**
 * One request, GET without `body` and POST with it. The answer is any JSON.
 *
 * @throws {EfEnvError} `server` if the server cannot be reached, refuses, or answers something else; `timeout`.
 */
export async function httpJson(
  server: RemoteServer,
  endpoint: string,
  { body, signal }: HttpRequest,
): Promise<unknown> {
  const what = `${endpoint} of ${server.url.shown('')}`;
  const limit = { caller: server.caller, milliseconds: server.timeout, signal };
  const { status, text } = await withinTime(what, limit, (within) =>
    exchange(server, endpoint, {
      body,
      signal: within,
      read: async (response) => ({ status: response.status, text: await response.text() }),
    }),
  );
  const data = parseJson(text);
  if (status < 200 || status > 299) {
    const detail = isRecord(data) ? faultLines(data.detail) : '';
    throw refused(what, {
      code: status === 422 ? 'VALIDATION_ERROR' : `HTTP ${status}`,
      message: detail || text.slice(0, 200) || 'no reason given',
    });
  }
  if (data === undefined) throw unexpected(what, 'JSON', text);
  return data;
}
