import type { Nats } from './nats.ts';

/** Streams and subjects on the server; all are kept in files. */
export const JOBS = 'MOLRL_JOBS';
export const RESULTS = 'MOLRL_RESULTS';
export const DEAD = 'MOLRL_DEAD';
/** The one consumer that all workers share. */
export const WORKERS = 'workers';

export const jobsSubject = (run: string): string => `molrl.jobs.${run}`;
export const resultsSubject = (run: string): string => `molrl.results.${run}`;
export const deadSubject = (run: string): string => `molrl.dead.${run}`;
export const cancelSubject = (run: string): string => `molrl.cancel.${run}`;
/** What the server says of a message that was delivered as often as it may be. */
export const GIVEN_UP = `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${JOBS}.${WORKERS}`;

/** How often and how long a job may be tried. */
export interface Delivery {
  /** Without a sign of life for so long, a job is given to another worker, milliseconds. Default 30 s. */
  ackWait?: number | undefined;
  /** Tries, then it is put aside. Default 5. */
  maxDeliver?: number | undefined;
}

const NANOSECONDS = 1e6; // in a millisecond
/** In which a message that is sent again under its id is dropped. The server holds all ids of that time in memory; a job that is done twice all the same is counted once. */
export const DUPLICATE_SECONDS = 120;
const DAY = 86_400_000 * NANOSECONDS;

/** Makes what is not there. @param delivery - Absent: as it is, or the defaults. */
export async function makeStreams(
  { manager, surely }: Nats,
  delivery?: Delivery | undefined,
): Promise<void> {
  const { AckPolicy, RetentionPolicy, StorageType } = await import('@nats-io/jetstream');
  const kept = {
    storage: StorageType.File,
    duplicate_window: DUPLICATE_SECONDS * 1000 * NANOSECONDS,
  };
  const queue = { ...kept, retention: RetentionPolicy.Workqueue, max_age: 7 * DAY };
  const streams = [
    { name: JOBS, subjects: ['molrl.jobs.*'], ...queue },
    { name: RESULTS, subjects: ['molrl.results.*'], ...queue },
    { name: DEAD, subjects: ['molrl.dead.*', GIVEN_UP], ...kept, max_age: 7 * DAY },
  ];
  await surely('make the streams', async () => {
    for (const stream of streams)
      await manager.streams.add(stream).catch(() => manager.streams.update(stream.name, stream)); // there with other settings, of another version
    const found = await manager.consumers.info(JOBS, WORKERS).catch(() => undefined);
    const { ackWait = 30_000, maxDeliver = 5 } = delivery ?? {};
    if (found && delivery === undefined) return;
    await manager.consumers.add(JOBS, {
      ...{ durable_name: WORKERS, ack_policy: AckPolicy.Explicit },
      ...{ ack_wait: ackWait * NANOSECONDS, max_deliver: maxDeliver, max_ack_pending: 10_000 },
    });
  });
}
