import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { ConnectionOptions, NatsConnection } from '@nats-io/nats-core';
import { type BlobStore, openBlobs } from './blobs.ts';
import { askSurely, type Surely } from './surely.ts';

/** A NATS server with JetStream. */
export interface Nats {
  url: string;
  version: string;
  connection: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  blobs: BlobStore;
  /** Largest message, bytes. */
  maxPayload: number;
  surely: Surely;
  close(): Promise<void>;
}

export interface NatsOptions {
  /** `nats://127.0.0.1:4222`; of a tab `ws://127.0.0.1:8080`. */
  url: string;
  /** Of this process, in the server's list of connections. */
  name: string;
  token?: string | undefined;
  /** Told once when the server goes away and once when it is back. */
  say(text: string): void;
  /** How long the server may be away before a request is given up, milliseconds. Default 2 minutes. */
  patience?: number | undefined;
}

/** How a client connects, by TCP or by WebSocket. */
export type Connect = (options: ConnectionOptions) => Promise<NatsConnection>;

/** Opens a connection that outlives restarts of the server. @throws {Error} what `connect` throws; one line if the server has no JetStream. */
export async function natsBy(connect: Connect, options: NatsOptions): Promise<Nats> {
  const { url, name, token, say, patience = 120_000 } = options;
  const { jetstream, jetstreamManager } = await import('@nats-io/jetstream'); // only runs with workers load it
  const connection = await connect({
    ...{ servers: url, name, maxReconnectAttempts: -1, reconnectTimeWait: 250, timeout: 5000 },
    ...{
      reconnectJitter: 250,
      noAsyncTraces: true,
      pingInterval: 20_000,
      ignoreAuthErrorAbort: true,
    },
    ...(token !== undefined && { token }),
  });
  const failed = async (error: Error): Promise<never> => {
    await connection.close();
    throw new Error(
      `workers: ${url} has no JetStream (${error.message}). Start it with a folder to keep messages in: nats-server -js -sd FOLDER`,
    );
  };
  const manager = await jetstreamManager(connection).catch(failed);
  void tellInterruptions(connection, url, say);
  const surely = askSurely(connection, url, patience);
  return {
    ...{ url, version: connection.info?.version ?? 'unknown', connection },
    ...{ jetstream: jetstream(connection), manager, surely },
    blobs: await openBlobs(connection, surely),
    maxPayload: connection.info?.max_payload ?? 1 << 20,
    close: () => connection.close(),
  };
}

/** Whether a server that answers does not let this client in. */
export const isRefusal = ({ name, message }: Error): boolean =>
  /authori[sz]ation|authentication|UserAuth/i.test(`${name} ${message}`);

async function tellInterruptions(
  connection: NatsConnection,
  url: string,
  say: (text: string) => void,
): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') say(`workers: ${url} went away; waiting for it.`);
    if (type === 'reconnect') say(`workers: ${url} is back.`);
  }
}
