import { wsconnect } from '@nats-io/nats-core';
import {
  type Connect,
  isRefusal,
  type Nats,
  type NatsOptions,
  natsBy,
} from '../../../trainer/workers/queue/nats.ts';

/** What a server's configuration needs for tabs of its own machine. */
const CONFIG = 'websocket { host: "127.0.0.1", port: 8080, no_tls: true }';

/** A server by its WebSocket port, over its restarts. @throws {Error} one line with address, cause and what to do. */
export function openTabNats(options: NatsOptions): Promise<Nats> {
  const url = checkAddress(options.url);
  const connect: Connect = (given) =>
    wsconnect(given).catch((error: Error) => {
      throw new Error(`${url} ${refusal(error)}`);
    });
  return natsBy(connect, { ...options, url });
}

function checkAddress(given: string): string {
  const url = given.trim();
  if (!/^wss?:\/\/[^\s@]+$/.test(url)) {
    throw new Error(
      `server: must be ws://HOST:PORT or wss://HOST:PORT, without a password, got ${JSON.stringify(given)}. A tab speaks WebSocket: nats-server needs ${CONFIG} in its configuration (nats-server -c FILE), beside the port that trainer and other workers use.`,
    );
  }
  if (globalThis.isSecureContext) return url;
  throw new Error(
    'This page was opened over plain http from another machine, where browsers withhold what a worker needs. Serve it by https, or open it from this machine.',
  );
}

function refusal(error: Error): string {
  return isRefusal(error)
    ? `refuses this tab (${error.message}). Give its token.`
    : `cannot be reached by WebSocket (${error.message || 'the browser does not say why'}). Is a nats-server running there, with a WebSocket port? It needs ${CONFIG} in its configuration (nats-server -c FILE). A page that came by https reaches wss:// only, but for this machine's own ports.`;
}
