import { EfEnvError } from '../../base/errors.ts';
import { excerpt, isRecord, parseJson } from '../remote/json.ts';
import { faultLines } from '../remote/refusal.ts';
import { refused } from './refusal.ts';

/** What the environment on the server shows: the fields of its own class of observations. */
export type OpenEnvObservation = Readonly<Record<string, unknown>>;

/** The answer of a server to `reset` and `step`. */
export interface OpenEnvResult {
  observation: OpenEnvObservation;
  /** `null` = not scored. A boolean counts as 1 or 0. */
  reward: number | null;
  done: boolean;
  /** What the environment keeps beside it, facts for debugging or the truth: never shown to a policy. */
  metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** The data of the WebSocket's message `text`, which must be of `type`. */
export function messageData(what: string, text: unknown, type: 'observation' | 'state'): unknown {
  const refusal = refusalIn(what, text);
  if (refusal) throw refusal;
  const message = parseJson(text);
  if (isRecord(message) && message.type === type) return message.data;
  throw unexpected(what, `{"type":"${type}","data":{...}}`, text);
}

/** The error that the WebSocket's message `text` reports, if it reports one. */
export function refusalIn(what: string, text: unknown): EfEnvError | null {
  const message = parseJson(text);
  if (!isRecord(message) || message.type !== 'error' || !isRecord(message.data)) return null;
  const { code, message: words, errors } = message.data;
  return refused(what, {
    code: String(code ?? 'UNKNOWN'),
    message: faultLines(errors) || String(words || 'no reason given'),
  });
}

/** @throws {EfEnvError} `server` if `data` is no result of `reset` or `step`. */
export function resultOf(what: string, data: unknown): OpenEnvResult {
  if (isRecord(data) && isRecord(data.observation)) {
    const { observation, reward = null, done = false } = data;
    const number = typeof reward === 'boolean' ? Number(reward) : reward;
    if ((number === null || typeof number === 'number') && typeof done === 'boolean') {
      const metadata = { ...fieldsOf(observation.metadata), ...fieldsOf(data.metadata) };
      const kept = Object.keys(metadata).length > 0;
      return { observation, reward: number, done, ...(kept && { metadata }) };
    }
  }
  throw unexpected(what, '{"observation":{...},"reward":...,"done":...}', JSON.stringify(data));
}

/** Since openenv 0.4 metadata stand in the observation and beside it; they may be null, or absent where empty. */
const fieldsOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});

/** @throws {EfEnvError} `server` if `data` is no object. */
export function recordOf(what: string, data: unknown): Record<string, unknown> {
  if (isRecord(data)) return data;
  throw unexpected(what, 'an object', JSON.stringify(data));
}

/** The error for an answer that is none. */
export function unexpected(what: string, wanted: string, got: unknown): EfEnvError {
  return new EfEnvError(
    'server',
    `openEnv: ${what} must be answered with ${wanted}, got ${excerpt(got)}. Is the url that of an OpenEnv server (the package openenv, or openenv-core 0.2 and later)?`,
  );
}
