import { isRecord } from '../remote/json.ts';
import { refusalOf } from '../remote/refusal.ts';
import type { OpenRewardServer } from './openRewardServer.ts';
import { request } from './request.ts';

/** What brings the secrets when a session is created. */
export interface SecretFields {
  headers?: Record<string, string>;
  body?: object;
}

/** In a header; servers of ors-sdk read them from the body, as their schema says. */
export async function secretFields(server: OpenRewardServer): Promise<SecretFields> {
  const { secrets } = server;
  if (secrets === undefined) return {};
  const schema = await request(server, '/openapi.json', { signal: undefined }).catch((error) => {
    if (refusalOf(error)?.code === 'UNREACHABLE') throw error;
    return undefined; // a server may hide it: it is no old one
  });
  const { CreateSession: creation } = fields(schema, 'components', 'schemas');
  if ('secrets' in fields(creation, 'properties')) return { body: { secrets } };
  const values = Object.entries(secrets).map(([name, value]) => [name, { value }]);
  return { headers: { 'X-Secrets': base64(JSON.stringify(Object.fromEntries(values))) } };
}

/** The fields that lie below a path of names; none where it leads nowhere. */
function fields(data: unknown, ...path: string[]): Record<string, unknown> {
  const end = path.reduce((at: unknown, name) => (isRecord(at) ? at[name] : undefined), data);
  return isRecord(end) ? end : {};
}

const base64 = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)));
