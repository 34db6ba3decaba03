import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { Nats } from './nats.ts';
import { sleep } from './sleep.ts';

export interface ConsumeAlwaysOptions {
  stream: string;
  /** Its durable name. */
  consumer: string;
  filter?: string | undefined;
  /** Leave out what lay there before. */
  onlyNew?: boolean | undefined;
  /** Makes the stream again where it is gone. */
  prepare(): Promise<void>;
  /** Acknowledges what it has taken in; what throws comes again. */
  handle(message: JsMsg): Promise<void>;
  signal: AbortSignal;
}

/** Messages in the client at once. */
const AT_ONCE = 256;

/** Takes what a stream gives, over restarts of the server and the loss of its folder, until the signal is aborted. */
export async function consumeAlways(nats: Nats, options: ConsumeAlwaysOptions): Promise<void> {
  const { stream, consumer, signal, handle } = options;
  while (!signal.aborted && !nats.connection.isClosed()) {
    try {
      await makeConsumer(nats, options);
      const messages = await (await nats.jetstream.consumers.get(stream, consumer)).consume({
        ...{ max_messages: AT_ONCE, abort_on_missing_resource: true },
      });
      await takeAll(messages, handle, signal);
    } catch {
      await options.prepare().catch(() => {}); // the server is away: told by the connection, tried again
    }
    if (!signal.aborted) await sleep(100);
  }
}

async function makeConsumer(
  { manager }: Nats,
  { stream, consumer, filter, onlyNew = false }: ConsumeAlwaysOptions,
): Promise<void> {
  const { AckPolicy, DeliverPolicy } = await import('@nats-io/jetstream');
  if (await manager.consumers.info(stream, consumer).catch(() => undefined)) return;
  await manager.consumers.add(stream, {
    ...{ durable_name: consumer, ack_policy: AckPolicy.Explicit },
    ...(filter !== undefined && { filter_subject: filter }),
    ...(onlyNew && { deliver_policy: DeliverPolicy.New }),
    max_ack_pending: 4 * AT_ONCE,
  });
}

async function takeAll(
  messages: ConsumerMessages,
  handle: (message: JsMsg) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const stop = (): void => messages.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    for await (const message of messages) await handle(message).catch(() => message.nak(500));
  } finally {
    signal.removeEventListener('abort', stop);
    messages.stop();
  }
}
