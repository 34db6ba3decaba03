import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { afterEvents } from './afterEvents.ts';
import {
  type DeadLetter,
  type Job,
  packed,
  type Report,
  resultText,
  unpacked,
} from './messages.ts';
import type { Nats } from './nats.ts';
import { publish } from './publish.ts';
import { sleep } from './sleep.ts';
import { deadSubject, JOBS, makeStreams, resultsSubject, WORKERS } from './streams.ts';

export interface ServeJobsOptions {
  nats: Nats;
  /** Jobs at once: no more are taken from the server. */
  slots: number;
  /** Of this worker. */
  worker: string;
  library: string;
  /**
   * Looked at before jobs are asked for; false: not yet. Without it, whatever comes is taken.
   *
   * @throws {UnfitError} if some could not be served.
   */
  mayTake?: (() => Promise<boolean>) | undefined;
  /** Does a job. @returns The content of its result. */
  perform(job: Job, signal: AbortSignal): Promise<string>;
  signal: AbortSignal;
  say(text: string): void;
  /** Told after each result that is kept. */
  onDone?: ((report: Report, job: Job) => void) | undefined;
}

/** This process cannot serve the run at all: the job goes to others, and the worker ends. */
export class UnfitError extends Error {}

/** Takes jobs until the signal is aborted; those at work then are given back. @throws {UnfitError} */
export async function serveJobs(options: ServeJobsOptions): Promise<void> {
  const { nats, slots, signal } = options;
  await makeStreams(nats);
  const { config } = await nats.surely('read the consumer', () =>
    nats.manager.consumers.info(JOBS, WORKERS),
  );
  const ackWait = Number(config.ack_wait ?? 30e9) / 1e6; // nanoseconds
  const maxDeliver = config.max_deliver ?? 5;
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  const cancelled = listenToCancellations(nats, ended);
  const doing = { ...options, signal: ended, ackWait, maxDeliver, cancelled };
  try {
    await takeJobs(nats, {
      ...{ slots, signal: ended, mayTake: options.mayTake },
      perform: (message) => doJob(message, doing),
      onFailure: (error) => failed.abort(error),
    });
    if (failed.signal.aborted) throw failed.signal.reason;
  } finally {
    cancelled.close();
    await nats.connection.flush().catch(() => {}); // what was acknowledged last; the server may be away
  }
}

interface TakeJobs extends Pick<ServeJobsOptions, 'slots' | 'signal' | 'mayTake'> {
  perform(message: JsMsg): Promise<void>;
  onFailure(error: unknown): void;
}

/**
 * As many jobs are under way or asked for as there are slots, never more: what waited in a busy client would be given to
 * nobody else. Slots that become free together ask together.
 */
async function takeJobs(
  nats: Nats,
  { slots, signal, mayTake, perform, onFailure }: TakeJobs,
): Promise<void> {
  let free = slots;
  let wake = (): void => {};
  const release = (count: number): void => {
    free += count;
    wake();
  };
  const asking = new Set<ConsumerMessages>();
  const onAbort = (): void => {
    for (const messages of asking) messages.stop();
    wake();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const work = (message: JsMsg): void => {
    const done = signal.aborted ? Promise.resolve(message.nak()) : perform(message); // it came too late
    void done.catch(onFailure).finally(() => release(1));
  };
  while (!signal.aborted || free < slots) {
    if (free > 0 && !signal.aborted) {
      const asked = free;
      free = 0;
      const pulling = { asked, asking, signal, mayTake, work, onFailure };
      void pull(nats, pulling).then(({ missing }) => release(missing));
    }
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
    await afterEvents(); // others that end now
  }
}

interface Pull extends Pick<TakeJobs, 'signal' | 'mayTake' | 'onFailure'> {
  asked: number;
  /** All that are under way: stopped together. */
  asking: Set<ConsumerMessages>;
  work(message: JsMsg): void;
}

/** After a look that found nothing to take, milliseconds. */
const LOOK_AGAIN = 300;

/** Asks once for so many jobs, and waits for them for 2 s. @returns How many there were not. */
async function pull(
  nats: Nats,
  { asked, asking, signal, mayTake, work, onFailure }: Pull,
): Promise<{ missing: number }> {
  let missing = asked;
  try {
    if (mayTake && !(await mayTake())) {
      await sleep(LOOK_AGAIN);
      return { missing };
    }
    const messages = await (await consumerOf(nats)).fetch({ max_messages: asked, expires: 2000 });
    asking.add(messages);
    if (signal.aborted) messages.stop();
    try {
      for await (const message of messages) {
        missing -= 1;
        work(message);
      }
    } finally {
      asking.delete(messages);
    }
  } catch (error) {
    if (error instanceof UnfitError) {
      onFailure(error);
      return { missing };
    }
    consumers.delete(nats);
    await makeStreams(nats, undefined).catch(() => {}); // the server is away, which the connection tells, or came back empty
    await sleep(200);
  }
  return { missing };
}

const consumers = new WeakMap<Nats, Promise<Consumer>>();

function consumerOf(nats: Nats): Promise<Consumer> {
  const known = consumers.get(nats) ?? nats.jetstream.consumers.get(JOBS, WORKERS);
  consumers.set(nats, known);
  return known;
}

interface Cancellations {
  /** Aborted when the trainer cancels the job, or when the worker is stopped. */
  of(id: string): { signal: AbortSignal; release(): void };
  close(): void;
}

/** Cancelled jobs that are remembered: one may be given out while its cancellation is under way. */
const REMEMBERED = 10_000;

function listenToCancellations({ connection }: Nats, stop: AbortSignal): Cancellations {
  const running = new Map<string, AbortController>();
  const cancelled = new Set<string>();
  const why = new Error('the trainer does not want it any more');
  const heard = connection.subscribe('molrl.cancel.*', {
    callback: (_error, message) => {
      const id = message.string();
      running.get(id)?.abort(why);
      cancelled.add(id);
      if (cancelled.size > REMEMBERED) cancelled.delete(cancelled.values().next().value!); // the oldest
    },
  });
  const end = (): void => {
    for (const own of running.values()) own.abort(stop.reason);
  };
  stop.addEventListener('abort', end, { once: true });
  return {
    of(id) {
      const own = new AbortController();
      running.set(id, own);
      if (cancelled.has(id)) own.abort(why);
      if (stop.aborted) own.abort(stop.reason);
      return { signal: own.signal, release: () => void running.delete(id) };
    },
    close: () => heard.unsubscribe(),
  };
}

type Doing = ServeJobsOptions & {
  ackWait: number;
  maxDeliver: number;
  cancelled: Cancellations;
};

async function doJob(message: JsMsg, options: Doing): Promise<void> {
  const { nats, worker, library, perform, signal, say, ackWait, cancelled } = options;
  const alive = setInterval(() => message.working(), ackWait / 3);
  const started = performance.now();
  let job: Job | undefined;
  let release = (): void => {};
  let unwanted: AbortSignal | undefined;
  try {
    job = JSON.parse(await unpacked(nats, message.data)) as Job; // written by the queue
    ({ release, signal: unwanted } = cancelled.of(job.id));
    unwanted.throwIfAborted();
    const content = await perform(job, unwanted);
    const report: Report = {
      ...{ job: job.id, attempt: job.attempt, worker, library },
      delivery: message.info.deliveryCount,
      seconds: (performance.now() - started) / 1000,
    };
    const data = await packed(nats, resultText(report, content), signal);
    const subject = resultsSubject(job.run);
    await publish(nats, { subject, data, id: `${job.id}/${job.attempt}`, signal });
    message.ack(); // where it is lost, the job is given out again, and its second result dropped as a duplicate
    options.onDone?.(report, job);
  } catch (error) {
    if (signal.aborted) message.nak();
    else if (unwanted?.aborted) message.term('cancelled');
    else if (error instanceof UnfitError) {
      message.nak();
      throw error;
    } else await failJob(message, { job, error: error as Error, ...options });
  } finally {
    clearInterval(alive);
    release();
  }
  if (job === undefined) say('workers: a message that is no job was put aside.');
}

/** Another try, or the dead letters. */
async function failJob(
  message: JsMsg,
  { nats, job, error, worker, maxDeliver, say }: Doing & { job: Job | undefined; error: Error },
): Promise<void> {
  const { deliveryCount } = message.info;
  if (job !== undefined && deliveryCount < maxDeliver) {
    message.nak(Math.min(1000, 100 * deliveryCount));
    return;
  }
  const run = message.subject.slice(message.subject.lastIndexOf('.') + 1);
  const unread: Job = { id: `seq-${message.seq}`, run, attempt: 0, body: message.string() };
  const letter: DeadLetter = { job: job ?? unread, worker, reason: error.message };
  const data = await packed(nats, JSON.stringify(letter));
  const { id, attempt } = letter.job;
  await publish(nats, { subject: deadSubject(run), data, id: `${id}/${attempt}` });
  message.term(error.message.slice(0, 200).replaceAll(/\s+/g, ' '));
  say(`workers: job ${id} put aside after ${deliveryCount} tries: ${error.message}`);
}
