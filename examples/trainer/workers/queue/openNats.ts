import { env } from 'node:process';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { type BlobStore, openBlobs } from './blobs.ts';
import { askSurely, type Surely } from './surely.ts';

export interface NatsOptions {
  /** `nats://127.0.0.1:4222` */
  url: string;
  /** Environment variable with its token, where it wants one. */
  tokenVariable: string;
  /** Of this process, in the server's list of connections. */
  name: string;
  /** Told once when the server goes away and once when it is back. */
  say(text: string): void;
  /** How long the server may be away before a request is given up, milliseconds. Default 2 minutes. */
  patience?: number | undefined;
}

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

/** Opens a connection that outlives restarts of the server. @throws {Error} one line with address, cause and what to check. */
export async function openNats(options: NatsOptions): Promise<Nats> {
  const { url, tokenVariable, name, say, patience = 120_000 } = options;
  const [{ connect }, { jetstream, jetstreamManager }] = await loadClient();
  const token = env[tokenVariable];
  const connection = await connect({
    ...{ servers: url, name, maxReconnectAttempts: -1, reconnectTimeWait: 250, timeout: 5000 },
    ...{
      reconnectJitter: 250,
      noAsyncTraces: true,
      pingInterval: 20_000,
      ignoreAuthErrorAbort: true,
    },
    ...(token !== undefined && { token }),
  }).catch((error: Error) => {
    throw new Error(`workers: ${url} ${refusal(error, tokenVariable)}`);
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

/** Only runs with workers load it. */
async function loadClient() {
  try {
    return await Promise.all([import('@nats-io/transport-node'), import('@nats-io/jetstream')]);
  } catch (cause) {
    throw new Error('workers: the NATS client is not installed. Run: npx pnpm install', { cause });
  }
}

function refusal({ name, message }: Error, tokenVariable: string): string {
  return /authori[sz]ation|authentication|UserAuth/i.test(`${name} ${message}`)
    ? `refuses this process (${message}). Put its token into the environment variable ${tokenVariable}.`
    : `cannot be reached (${message}). Is a nats-server running there? Start one with: nats-server -js -sd FOLDER`;
}

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
