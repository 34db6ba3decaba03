import type { Job, Report } from './messages.ts';

/** What a job came to. */
export interface JobResult {
  report: Report;
  content: string;
}

/** What has become of the jobs so far. */
export interface JobCounts {
  asked: number;
  done: number;
  /** Put aside after every try failed. */
  dead: number;
  /** Results of jobs that had one already, or were cancelled: not counted. */
  extra: number;
  /** Jobs that were given out more than once. */
  redelivered: number;
  /** Jobs that the server had lost and that were asked for again. */
  askedAgain: number;
}

/** A job that was tried as often as it may be. */
export class DeadJobError extends Error {}

/** A job without a result. */
export interface WaitingJob {
  job: Job;
  /** Its place in the stream; 0 until the server has it. */
  seq: number;
  /** `performance.now()` when it was asked for. */
  since: number;
  /** Looks at the queue, one after the other, in which it was not there. */
  missed: number;
}

interface Entry extends WaitingJob {
  resolve(result: JobResult): void;
  reject(error: Error): void;
}

/** The books of a queue: each job ends once, whatever comes afterwards. */
export interface WaitingJobs {
  counts: Readonly<JobCounts>;
  open(job: Job): Promise<JobResult>;
  get(id: string): WaitingJob | undefined;
  all(): WaitingJob[];
  /** The server has it. */
  placed(id: string, seq: number): void;
  /** It was lost and is asked for again. @returns The job, under another attempt. */
  again(id: string): Job;
  finish(result: JobResult): void;
  bury(id: string, reason: string): void;
  /** @returns The job, if it was waiting. */
  cancel(id: string, reason: unknown): WaitingJob | undefined;
}

export function waitingJobs(): WaitingJobs {
  const entries = new Map<string, Entry>();
  const counts: JobCounts = {
    ...{ asked: 0, done: 0, dead: 0, extra: 0, redelivered: 0, askedAgain: 0 },
  };
  const take = (id: string): Entry | undefined => {
    const entry = entries.get(id);
    entries.delete(id);
    return entry;
  };
  return {
    counts,
    open(job) {
      counts.asked += 1;
      return new Promise((resolve, reject) => {
        const since = performance.now();
        entries.set(job.id, { job, seq: 0, since, missed: 0, resolve, reject });
      });
    },
    get: (id) => entries.get(id),
    all: () => [...entries.values()],
    placed(id, seq) {
      const entry = entries.get(id);
      if (entry) entry.seq = seq;
    },
    again(id) {
      const entry = entries.get(id)!; // asked of one that waits
      counts.askedAgain += 1;
      entry.missed = 0;
      entry.job = { ...entry.job, attempt: entry.job.attempt + 1 };
      return entry.job;
    },
    finish(result) {
      const entry = take(result.report.job);
      if (!entry) {
        counts.extra += 1;
        return;
      }
      counts.done += 1;
      counts.redelivered += Number(result.report.delivery > 1);
      entry.resolve(result);
    },
    bury(id, reason) {
      const entry = take(id);
      if (!entry) return;
      counts.dead += 1;
      entry.reject(new DeadJobError(`workers: job ${id} was given up: ${reason}`));
    },
    cancel(id, reason) {
      const entry = take(id);
      entry?.reject(reason as Error); // of an abort signal
      return entry;
    },
  };
}
