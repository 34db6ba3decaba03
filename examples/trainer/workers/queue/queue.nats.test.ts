import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CheapJob, cheapAnswer } from '../check/cheapWorker.ts';
import { type CheapWorker, cheapWorkers } from '../check/cheapWorkers.ts';
import { type NatsServer, natsServer } from '../check/natsServer.ts';
import { type JobQueue, openJobQueue } from './jobQueue.ts';
import { removeJobs } from './lookAfter.ts';
import type { Nats } from './nats.ts';
import { openNats } from './openNats.ts';
import { DEAD, jobsSubject, makeStreams, resultsSubject } from './streams.ts';

let server: NatsServer;
let nats: Nats;
let queue: JobQueue;
let workers: CheapWorker[] = [];
let run = 0;
const said: string[] = [];

const connect = (url: string) =>
  openNats({ url, tokenVariable: 'NATS_TOKEN', name: 'check', say: (text) => said.push(text) });

beforeAll(async () => {
  server = await natsServer();
});
beforeEach(async () => {
  nats = await connect(server.url);
  queue = await openJobQueue({ nats, run: `run-${++run}`, ackWait: 1000, maxDeliver: 3 });
});
afterEach(async () => {
  await queue.close();
  await nats.close();
  await Promise.all(workers.map((worker) => worker.kill()));
  workers = [];
});
afterAll(() => server.close());

const start = async (options: { count?: number; slots?: number }): Promise<CheapWorker[]> => {
  const more = await cheapWorkers(server.url, options);
  workers.push(...more);
  return more;
};

/** Asks for jobs 0 to count - 1. @returns Which answers were right, and which reports came. */
async function askAll(count: number, job: Omit<CheapJob, 'number'> = {}) {
  let done = 0;
  const all = Array.from({ length: count }, async (_, number) => {
    const { report, content } = await queue.ask({ ...job, number });
    done += 1;
    return { report, isRight: content === cheapAnswer({ ...job, number }) };
  });
  return {
    done: () => done,
    all: Promise.all(all),
  };
}

/** Every job has its own answer, once, and nothing is left on the server. */
async function expectWhole(count: number, asked: Awaited<ReturnType<typeof askAll>>) {
  const answers = await asked.all;
  expect(answers.filter(({ isRight }) => isRight)).toHaveLength(count);
  expect(new Set(answers.map(({ report }) => report.job)).size).toBe(count);
  expect(queue.counts).toMatchObject({ asked: count, done: count, dead: 0 });
  await expect.poll(queued, { timeout: 5000 }).toBe(0);
  return answers.map(({ report }) => report);
}

/** Jobs that can be read: after a kill nats-server 2.9 counts some that are gone. */
async function queued(): Promise<number> {
  let count = 0;
  await removeJobs(nats, jobsSubject(`run-${run}`), () => {
    count += 1;
    return false;
  });
  return count;
}

const letters = async (): Promise<number> => (await nats.manager.streams.info(DEAD)).state.messages;

describe('jobs over a nats-server', () => {
  test('streams that another version made with other settings are used and brought up to date', async () => {
    const { config } = await nats.manager.streams.info(DEAD);
    await nats.manager.streams.update(DEAD, { ...config, duplicate_window: 60e9, max_age: 60e9 });
    await makeStreams(nats);
    const { duplicate_window, max_age } = (await nats.manager.streams.info(DEAD)).config;
    expect([duplicate_window, max_age]).toEqual([120e9, config.max_age]);
  });

  test('200 jobs, 2 workers: every job once; an answer longer than a message too', async () => {
    await start({ count: 2, slots: 4 });
    const reports = await expectWhole(200, await askAll(200));
    expect(new Set(reports.map(({ worker }) => worker)).size).toBe(2);
    const { content } = await queue.ask({ number: 200, bytes: 2 << 20 });
    expect(content).toBe(cheapAnswer({ number: 200, bytes: 2 << 20 }));
    expect(queue.counts).toMatchObject({ done: 201, extra: 0, redelivered: 0, askedAgain: 0 });
  });

  test('a worker that takes its time keeps its job: 2 jobs of 3 s where a sign of life is due every 1 s', async () => {
    await start({ slots: 2 });
    const reports = await expectWhole(2, await askAll(2, { takes: 3000 }));
    expect(reports.map(({ delivery }) => delivery)).toEqual([1, 1]);
  });

  test('2 of 3 workers killed: their jobs go to others, 90 of 90 answered once', async () => {
    await start({ count: 3, slots: 3 });
    const asked = await askAll(90, { takes: 60 });
    for (const [i, worker] of workers.slice(0, 2).entries()) {
      await expect.poll(asked.done, { timeout: 20_000 }).toBeGreaterThan(20 * (i + 1));
      await worker.kill();
    }
    await expectWhole(90, asked);
    expect(queue.counts.redelivered).toBeGreaterThan(0);
    expect(queue.counts.redelivered).toBeLessThanOrEqual(6);
    expect(queue.counts.extra).toBe(0);
  });

  test('the server killed and restarted 3 times: 240 of 240 answered once, each outage told once', async () => {
    await start({ count: 2, slots: 4 });
    said.length = 0;
    const asked = await askAll(240, { takes: 60 });
    for (let kill = 1; kill <= 3; kill++) {
      await expect.poll(asked.done, { timeout: 30_000 }).toBeGreaterThan(60 * kill);
      await server.restart();
    }
    await expectWhole(240, asked);
    expect(said.filter((text) => text.includes('went away'))).toHaveLength(3);
    expect(said.filter((text) => text.includes('is back'))).toHaveLength(3);
  });

  test('the server lost its folder: 40 of 40 are asked for again and answered once', async () => {
    const asked = await askAll(40);
    await expect.poll(queued).toBe(40);
    await server.restartEmpty();
    await start({ slots: 4 });
    await expectWhole(40, asked);
    expect(queue.counts.askedAgain).toBe(40);
  });

  test('the connection is silent for 4 s: 60 of 60 answered once', async () => {
    await start({ count: 2, slots: 2 });
    const asked = await askAll(60, { takes: 100 });
    await expect.poll(asked.done, { timeout: 20_000 }).toBeGreaterThan(10);
    await server.pause(4000);
    await expectWhole(60, asked);
  });

  test('a job that two workers did, and an answer that comes twice, count once', async () => {
    const [slow] = await start({ slots: 1 });
    const asked = await askAll(1, { takes: 300 });
    await sleep(200);
    slow!.process.kill('SIGSTOP');
    await start({ slots: 1 });
    const [report] = await expectWhole(1, asked);
    expect(report!.delivery).toBe(2);
    slow!.process.kill('SIGCONT'); // ends its job now: the server drops the second answer
    const again = JSON.stringify({ job: report!.job, attempt: 1 });
    const { jetstream, connection } = nats;
    const subject = resultsSubject(`run-${run}`);
    await jetstream.publish(subject, `${again}\nlate`, { msgID: `${subject}/other` }); // as after the window of duplicates
    await expect.poll(() => queue.counts.extra).toBe(1);
    await connection.flush();
    await sleep(1500);
    expect(queue.counts).toMatchObject({ done: 1, extra: 1 });
  });

  test('a job that fails and one that ends its worker are put aside after 3 tries; 20 others are answered', async () => {
    await start({ count: 5, slots: 1 });
    const before = await letters();
    const bad = [{ fails: true }, { kills: true }].map((job) =>
      queue.ask({ number: -1, ...job }).then(
        () => 'answered',
        (error: Error) => error.message,
      ),
    );
    const asked = await askAll(20, { takes: 20 });
    const [failing, killing] = await Promise.all(bad);
    expect(failing).toMatch(/was given up: this one never works \(cheap-\d+\)/);
    expect(killing).toMatch(/was given up: 3 workers went away while they did it/);
    expect((await asked.all).filter(({ isRight }) => isRight)).toHaveLength(20);
    expect(queue.counts).toMatchObject({ asked: 22, done: 20, dead: 2, extra: 0 });
    await expect.poll(queued, { timeout: 5000 }).toBe(0);
    expect((await letters()) - before).toBeGreaterThanOrEqual(2);
    const ended = workers.filter(({ process: { signalCode } }) => signalCode === 'SIGKILL');
    expect(ended).toHaveLength(3);
  });

  test('what is not wanted any more is taken back, from the queue and from its worker', async () => {
    await start({ slots: 1 });
    const stop = new AbortController();
    const unwanted = Array.from({ length: 5 }, (_, number) =>
      queue.ask({ number, takes: 60_000 }, stop.signal).catch((error: Error) => error.message),
    );
    await expect.poll(queued).toBe(5);
    await sleep(300); // the worker has one of them
    stop.abort(new Error('too old'));
    expect(await Promise.all(unwanted)).toEqual(new Array(5).fill('too old'));
    const { report } = await queue.ask({ number: 5 });
    expect(report.delivery).toBe(1);
    await expect.poll(queued, { timeout: 5000 }).toBe(0);
  });
});

describe('errors name the server and what to check', () => {
  test('nobody there, and a token that is missing', async () => {
    await expect(connect('nats://127.0.0.1:9')).rejects.toThrow(
      /^workers: nats:\/\/127\.0\.0\.1:9 cannot be reached .*nats-server -js/,
    );
    const guarded = await natsServer({ token: 'secret' });
    try {
      const refused = connect(guarded.url);
      await expect(refused).rejects.toThrow(/refuses this process .*NATS_TOKEN/);
      await expect(refused).rejects.not.toThrow(/secret/);
      process.env.NATS_TOKEN = 'secret';
      await (await connect(guarded.url)).close();
    } finally {
      delete process.env.NATS_TOKEN;
      await guarded.close();
    }
  });

  test('a server that stays away is named with the request', async () => {
    const other = await natsServer();
    const lost = await openNats({
      ...{ url: other.url, tokenVariable: 'NATS_TOKEN', name: 'check', say: () => {} },
      patience: 500,
    });
    await other.close();
    await expect(lost.surely('keep 5 bytes', () => lost.manager.getAccountInfo())).rejects.toThrow(
      new RegExp(`^workers: ${other.url} did not answer \\(keep 5 bytes: .*Is the server up`),
    );
    await lost.close();
  });
});
