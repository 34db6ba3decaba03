import { randomUUID } from 'node:crypto';
import type { JsMsg } from '@nats-io/jetstream';
import { consumeAlways } from './consumeAlways.ts';
import { readDeadLetters } from './deadLetters.ts';
import { lookAfter, removeJobs } from './lookAfter.ts';
import { type Job, packed, readResult, unpacked } from './messages.ts';
import type { Nats } from './nats.ts';
import { publish } from './publish.ts';
import {
  cancelSubject,
  DEAD,
  type Delivery,
  JOBS,
  jobsSubject,
  makeStreams,
  RESULTS,
  resultsSubject,
} from './streams.ts';
import { type JobCounts, type JobResult, waitingJobs } from './waitingJobs.ts';

export interface JobQueueOptions extends Delivery {
  nats: Nats;
  /** Names the run on the server: letters, digits and hyphens. */
  run: string;
}

/** Jobs that others do. */
export interface JobQueue {
  /**
   * Has a job done.
   *
   * @throws {DeadJobError} if no worker can do it. The signal's reason if it is aborted: it is taken out of the queue then.
   */
  ask(body: unknown, signal?: AbortSignal): Promise<JobResult>;
  counts: Readonly<JobCounts>;
  /** Takes back what is not done. */
  close(): Promise<void>;
}

/** Opens the queue of a run; what an earlier process of the same run left in it is thrown away. */
export async function openJobQueue(options: JobQueueOptions): Promise<JobQueue> {
  const { nats, run, ackWait = 30_000 } = options;
  const { manager, surely } = nats;
  const [subject, results] = [jobsSubject(run), resultsSubject(run)];
  const prepare = (): Promise<void> => makeStreams(nats, options);
  const clear = async (): Promise<void> => {
    await removeJobs(nats, subject, () => true);
    await manager.streams.purge(RESULTS, { filter: results });
  };
  await prepare();
  await surely('empty the queue', clear);

  const nonce = randomUUID().slice(0, 8); // of the clock's world: nothing that is trained depends on it
  const jobs = waitingJobs();
  const stop = new AbortController();
  const give = async (job: Job, signal?: AbortSignal): Promise<void> => {
    const data = await packed(nats, JSON.stringify(job), signal);
    const id = `${job.id}/${job.attempt}`;
    const { seq } = await publish(nats, { subject, data, id, signal });
    jobs.placed(job.id, seq);
  };
  const onResult = async (message: JsMsg): Promise<void> => {
    jobs.finish(readResult(await unpacked(nats, message.data, { spend: true })));
    message.ack();
  };
  const consumers = [
    { stream: RESULTS, consumer: `results-${run}`, filter: results, handle: onResult },
    {
      ...{ stream: DEAD, consumer: `dead-${run}`, onlyNew: true },
      handle: readDeadLetters(nats, run, jobs),
    },
  ];
  const consuming = consumers.map((each) =>
    consumeAlways(nats, { ...each, prepare, signal: stop.signal }),
  );
  const looking = lookAfter({
    ...{ nats, subject, jobs, every: ackWait },
    askAgain: (id) => give(jobs.again(id)),
  });
  const cancel = (id: string, reason: unknown): void => {
    const cancelled = jobs.cancel(id, reason);
    if (!cancelled) return;
    nats.connection.publish(cancelSubject(run), id);
    if (cancelled.seq > 0) void manager.streams.deleteMessage(JOBS, cancelled.seq).catch(() => {}); // done meanwhile, or the server is away
  };
  return {
    counts: jobs.counts,
    async ask(body, signal) {
      signal?.throwIfAborted();
      const job: Job = { id: `${nonce}-${jobs.counts.asked + 1}`, run, attempt: 1, body };
      const result = jobs.open(job);
      result.catch(() => {}); // heard below; until then nobody listens
      const onAbort = (): void => cancel(job.id, signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        await give(job, signal);
        return await result;
      } finally {
        cancel(job.id, undefined); // where it could not be given
        signal?.removeEventListener('abort', onAbort);
      }
    },
    async close() {
      looking.stop();
      stop.abort();
      await Promise.all(consuming);
      const end = async (): Promise<void> => {
        await clear();
        await manager.consumers.delete(RESULTS, `results-${run}`);
        await manager.consumers.delete(DEAD, `dead-${run}`);
      };
      await end().catch(() => {}); // a server that is away forgets them after 7 days
    },
  };
}
