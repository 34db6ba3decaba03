import { EfEnvError } from '../../base/errors.ts';

/** Where a server is reached. */
export interface ServerUrl {
  /** Of its WebSocket. */
  readonly webSocket: string;
  /** Of one of its HTTP endpoints, such as `'/health'`. */
  http(endpoint: string): string;
  /** For messages: without the query, which may hold a token that no trajectory should store. */
  shown(endpoint: string): string;
}

/** A server and how to talk to it. */
export interface RemoteServer {
  /** The public function, for messages. */
  caller: string;
  url: ServerUrl;
  /** Of one answer, milliseconds. */
  timeout: number;
  headers?: Record<string, string> | undefined;
  /** `'error'`: never followed, since all headers would go along. Default `'follow'`. */
  redirect?: 'error' | 'follow' | undefined;
  /** Takes out of a text what nobody is to see. */
  hide?: ((text: string) => string) | undefined;
}

/** Reads what a user calls the address of a server: http or ws, with or without `/ws` at the end. */
export function serverUrl(caller: string, text: string): ServerUrl {
  const url = URL.canParse(text) ? new URL(text) : null;
  const scheme = url && /^(?:http|ws)(s?):$/.exec(url.protocol);
  if (!url || !scheme) {
    throw new EfEnvError(
      'option',
      `${caller}: url must be like http://127.0.0.1:8000 or wss://example.org, got ${JSON.stringify(text)}. Add the scheme.`,
    );
  }
  if (url.username !== '') {
    throw new EfEnvError(
      'option',
      `${caller}: url must not hold a user name, that of ${url.host} does. Use headers: { authorization: ... }.`,
    );
  }
  const place = `${scheme[1]}://${url.host}${url.pathname.replace(/(?:\/ws)?\/*$/, '')}`;
  return {
    webSocket: `ws${place}/ws${url.search}`,
    http: (endpoint) => `http${place}${endpoint}${url.search}`,
    shown: (endpoint) => `${endpoint === '/ws' ? 'ws' : 'http'}${place}${endpoint}`,
  };
}
