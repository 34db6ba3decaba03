import type { EfEnvError } from '../../base/errors.ts';
import { excerpt, isRecord, parseJson } from '../remote/json.ts';
import { faultLines, refusedWith } from '../remote/refusal.ts';
import type { OpenRewardServer } from './openRewardServer.ts';

/** What a server gave as its reason; the `cause` of the {@link EfEnvError} `server` that reports it. */
export interface OpenRewardRefusal {
  /**
   * Of a call: the server's word (`'not_found'`, `'input_validation'`, `'name_collision'`, `'episode_finished'`),
   * `'REFUSED'` where it has none, `'EXECUTION_ERROR'` for an exception in the tool. Of a request: `'HTTP 404'` and so
   * on, `'VALIDATION_ERROR'` for 422, `'STARTING'` while an environment is being set up, `'UNREACHABLE'`.
   */
  code: string;
  /** In words, one fault a line. */
  message: string;
  /** Milliseconds after which the server wants to be asked again. */
  retryAfter?: number | undefined;
}

const KEY = 'Give the key of the server as apiKey, or in the environment as ORS_API_KEY.';
const LOG = 'The environment itself failed: see the log of the server.';
const ADVICE: Record<string, string> = {
  'HTTP 400': 'openRewardClient(options) tells splits() and numTasks().',
  'HTTP 401': KEY,
  'HTTP 403': KEY,
  'HTTP 404':
    'Servers end a session that gave no sign of life for 15 minutes, and all when they restart: start another. Else correct the url; openRewardClient(options).environments() lists the environments.',
  'HTTP 410': 'The session was ended by another request: start another.',
  'HTTP 500': LOG,
  EXECUTION_ERROR: LOG,
  STARTING: 'Raise startTimeout (and stepTimeout of collect), or see the log of the server.',
  VALIDATION_ERROR: 'Is it a server of ORS (the packages openreward, ors-sdk)?',
  not_found: 'The tools of a session are those that tools() lists.',
  input_validation: 'Call the tool as its parameters say: tools() lists them.',
};

/** The error for a request that a server refused. */
export function refused(what: string, refusal: OpenRewardRefusal): EfEnvError {
  const advice = ADVICE[refusal.code] ?? 'See the log of the server.';
  return refusedWith(`openReward: ${what}`, refusal, advice);
}

/** The error for an answer whose status is none of success. */
export async function refusedAnswer(
  what: string,
  response: Response,
  { hide }: OpenRewardServer,
): Promise<EfEnvError> {
  const { status, headers } = response;
  const text = await response.text();
  const data = parseJson(text, hide);
  const detail = isRecord(data) ? faultLines(data.detail) : '';
  const message = detail || excerpt(hide?.(text) ?? text);
  const starting = headers.get('x-backend-state') === 'starting';
  const code = starting ? 'STARTING' : (CODES[status] ?? `HTTP ${status}`);
  const wait = Number(headers.get('retry-after') ?? Number.NaN) * 1000; // a date is NaN
  return refused(what, { code, message, ...(wait >= 0 && { retryAfter: wait }) });
}

const CODES: Record<number, string> = { 422: 'VALIDATION_ERROR' };
