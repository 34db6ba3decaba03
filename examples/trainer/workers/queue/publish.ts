import type { Nats } from './nats.ts';
import { makeStreams } from './streams.ts';
import { FinalError } from './surely.ts';

export interface Publication {
  subject: string;
  data: Uint8Array;
  /** What is sent again under its id is kept once. */
  id: string;
  signal?: AbortSignal | undefined;
}

/** Puts a message into its stream and waits until it is kept there, over restarts of the server. @returns Its place. */
export async function publish(nats: Nats, message: Publication): Promise<{ seq: number }> {
  const { subject, data, id, signal } = message;
  const send = async () => {
    try {
      return await nats.jetstream.publish(subject, data, {
        msgID: `${subject}/${id}`,
        timeout: 2000,
      });
    } catch (error) {
      const { message: said } = error as Error;
      if (/max.?payload/i.test(said)) throw new FinalError(`workers: ${subject}: ${said}`);
      if (/not enabled|no responders|no stream/i.test(said)) await makeStreams(nats); // where no stream listens it says that there is no JetStream
      throw error;
    }
  };
  return nats.surely(`publish to ${subject}`, send, signal);
}
