import type { MsgRequest } from '@nats-io/jetstream';
import type { Job } from './messages.ts';
import type { Nats } from './nats.ts';
import { JOBS } from './streams.ts';
import type { WaitingJobs } from './waitingJobs.ts';

export interface LookAfterOptions {
  nats: Nats;
  /** Subject of the run's jobs. */
  subject: string;
  jobs: WaitingJobs;
  /** Between two looks, milliseconds. */
  every: number;
  /** Puts a job into the stream once more. */
  askAgain(id: string): Promise<void>;
}

/** Looks at which a job is not there before it counts as lost: its result may be on its way. */
const MISSED = 3;

/**
 * Looks after the queue now and then. A job that neither waits there nor has come back was lost with the server's folder,
 * and is asked for again. One that is there and that nobody waits for is removed: a server that was killed forgets some of
 * what it had removed.
 */
export function lookAfter(options: LookAfterOptions): { stop(): void } {
  const { nats, subject, jobs, every, askAgain } = options;
  const look = async (): Promise<void> => {
    const asked = jobs.all().filter(({ seq }) => seq > 0); // before what is there is read
    const there = new Set<string>();
    await removeJobs(nats, subject, (job) => {
      there.add(job.id);
      return jobs.get(job.id) === undefined;
    });
    for (const one of asked) {
      const { id } = one.job;
      if (performance.now() - one.since < every || jobs.get(id) === undefined) continue;
      one.missed = there.has(id) ? 0 : one.missed + 1;
      if (one.missed >= MISSED) await askAgain(id);
    }
  };
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look()
      .catch(() => {}) // the server is away: at the next look
      .finally(() => {
        isLooking = false;
      });
  }, every);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/**
 * Removes jobs from the stream, one by one: a purge of one run's subject makes nats-server 2.9 forget which jobs of others
 * were to be given out again.
 */
export async function removeJobs(
  { manager: { streams } }: Nats,
  subject: string,
  isUnwanted: (job: Pick<Job, 'id'>) => boolean,
): Promise<void> {
  for (let seq = 1; ; seq++) {
    const query: MsgRequest & { next_by_subj: string } = { seq, next_by_subj: subject }; // which its type leaves out
    const message = await streams.getMessage(JOBS, query);
    if (message === null) return;
    seq = message.seq;
    if (isUnwanted(jobIn(message.string()))) await streams.deleteMessage(JOBS, seq).catch(() => {}); // done meanwhile
  }
}

/** A long one lies elsewhere, and ends by its result alone. */
function jobIn(text: string): Pick<Job, 'id'> {
  try {
    return JSON.parse(text) as Job; // written by the queue
  } catch {
    return { id: text };
  }
}
