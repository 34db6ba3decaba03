import { EfEnvError } from '../../base/errors.ts';
import { isRecord, parse, unexpected } from './answer.ts';
import { faultLines, refused } from './refusal.ts';
import type { OpenEnvServer } from './serverUrl.ts';
import { withinTime } from './withinTime.ts';

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
  server: OpenEnvServer,
  endpoint: string,
  { body, signal }: HttpRequest,
): Promise<unknown> {
  const what = `${endpoint} of ${server.url.shown('')}`;
  const limit = { milliseconds: server.timeout, signal };
  const { status, text } = await withinTime(what, limit, (within) =>
    exchange(server, endpoint, { body, signal: within }),
  );
  const data = parse(text);
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

async function exchange(
  { url, headers }: OpenEnvServer,
  endpoint: string,
  { body, signal }: HttpRequest & { signal: AbortSignal },
): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url.http(endpoint), {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal,
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(url.shown(endpoint), error);
  }
}

/** `error`: of `fetch`, whose `cause` has the reason in Node. */
function unreachable(url: string, error: unknown): EfEnvError {
  const { message, cause } = error as Error; // fetch rejects with a TypeError
  const reason = cause instanceof Error && cause.message ? cause.message : message;
  return new EfEnvError(
    'server',
    `openEnv: ${url} cannot be reached or broke off (${reason}). Start the server, or correct the url.`,
  );
}
