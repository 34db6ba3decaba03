import { env } from 'node:process';
import { type Connect, isRefusal, type Nats, type NatsOptions, natsBy } from './nats.ts';

export interface OpenNatsOptions extends Omit<NatsOptions, 'token'> {
  /** Environment variable with its token, where it wants one. */
  tokenVariable: string;
}

/** A server by TCP, over its restarts. @throws {Error} one line with address, cause and what to check. */
export async function openNats({ tokenVariable, ...options }: OpenNatsOptions): Promise<Nats> {
  const { url } = options;
  const connectHere = await loadConnect();
  const connect: Connect = (given) =>
    connectHere(given).catch((error: Error) => {
      throw new Error(`workers: ${url} ${refusal(error, tokenVariable)}`);
    });
  return natsBy(connect, { ...options, token: env[tokenVariable] });
}

/** Only runs with workers load it. */
async function loadConnect(): Promise<Connect> {
  try {
    return (await import('@nats-io/transport-node')).connect;
  } catch (cause) {
    throw new Error('workers: the NATS client is not installed. Run: npx pnpm install', { cause });
  }
}

function refusal(error: Error, tokenVariable: string): string {
  const { message } = error;
  return isRefusal(error)
    ? `refuses this process (${message}). Put its token into the environment variable ${tokenVariable}.`
    : `cannot be reached (${message}). Is a nats-server running there? Start one with: nats-server -js -sd FOLDER`;
}
