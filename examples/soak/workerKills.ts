import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '@molrl/ef-env';
import { cheapAnswer } from '../trainer/workers/check/cheapWorker.ts';
import { type CheapWorker, cheapWorkers } from '../trainer/workers/check/cheapWorkers.ts';
import { type NatsServer, natsServer } from '../trainer/workers/check/natsServer.ts';
import { type JobQueue, openJobQueue } from '../trainer/workers/queue/jobQueue.ts';
import { openNats } from '../trainer/workers/queue/openNats.ts';
import { DUPLICATE_SECONDS } from '../trainer/workers/queue/streams.ts';
import { memoryGrowth, watchMemory } from './memoryWatch.ts';
import type { SoakPart } from './soakPart.ts';

/** Kills of a worker, and as many of the server. */
const KILLS = 5;
const WORKERS = 2;
/** Of a trajectory. */
const BYTES = 16_384;
/** Samples of memory in a measurement of the queue. */
const SAMPLES = 40;
/** What the asking process, and the server beside its ids, may add in half a measurement, MiB; 5,000 trajectories are 78. */
const GROWTH = { rss: 32, heap: 4, external: 8 };
/** What the server may hold for a message that it would not take twice, a job or its result, MiB; 600 bytes were measured. */
const ID_MIB = 800 / 2 ** 20;

/** A server, workers without a model, and a queue. */
async function withWorkers<T>(
  { slots, ackWait }: { slots: number; ackWait?: number },
  use: (parts: { server: NatsServer; workers: CheapWorker[]; queue: JobQueue }) => Promise<T>,
): Promise<T> {
  const server = await natsServer();
  const nats = await openNats({
    ...{ url: server.url, tokenVariable: 'NATS_TOKEN', name: 'soak', say: () => {} },
  });
  const queue = await openJobQueue({ nats, run: 'soak', ackWait });
  const workers = await cheapWorkers(server.url, { count: WORKERS, slots });
  try {
    return await use({ server, workers, queue });
  } finally {
    await Promise.all(workers.map(({ kill }) => kill()));
    await queue.close();
    await nats.close();
    await server.close();
  }
}

/** Jobs one after the other in as many lanes. @returns How often each was answered right. */
async function askInLanes(
  queue: JobQueue,
  count: number,
  { lanes, takes, onDone }: { lanes: number; takes?: number; onDone?: (done: number) => void },
): Promise<number[]> {
  const answers = new Array<number>(count).fill(0);
  let [next, done] = [0, 0];
  const lane = async (): Promise<void> => {
    for (let number = next++; number < count; number = next++) {
      const job = { number, bytes: BYTES, ...(takes && { takes }) };
      const { content } = await queue.ask(job);
      if (content === cheapAnswer(job)) answers[number]! += 1; // below count
      onDone?.(++done);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return answers;
}

/** Episodes over a nats-server while workers and the server are killed: each must be there, once. */
export const soakWorkers: SoakPart = ({ count, seed, write }) =>
  withWorkers({ slots: 16, ackWait: 2000 }, async ({ server, workers, queue }) => {
    const random = createRandom(seed);
    let done = 0;
    const asked = askInLanes(queue, count, {
      ...{ lanes: 64, takes: 20 },
      onDone: (now) => {
        done = now;
      },
    });
    const reached = async (share: number): Promise<void> => {
      while (done < share * count) await sleep(20);
    };
    for (let kill = 0; kill < KILLS; kill++) {
      await reached((kill + 0.3 + 0.3 * random.next()) / (KILLS + 1));
      const victim = random.integer(WORKERS);
      await workers[victim]!.kill(); // below WORKERS
      workers[victim] = (await cheapWorkers(server.url, { slots: 16 }))[0]!; // one was asked for
      await reached((kill + 0.7 + 0.3 * random.next()) / (KILLS + 1));
      const seconds = await server.restart();
      write(
        `workers: ${done} done, worker and server killed ${kill + 1} times, server back after ${seconds.toFixed(2)} s`,
      );
    }
    const answers = await asked;
    const { redelivered, extra, askedAgain, done: counted, dead } = queue.counts;
    const lost = answers.filter((times) => times === 0).length;
    const doubled = answers.filter((times) => times > 1).length + counted - count;
    const faults = [
      ...(lost > 0 ? [`${lost} of ${count} episodes were lost`] : []),
      ...(doubled !== 0 ? [`${doubled} episodes were counted twice`] : []),
      ...(dead > 0 ? [`${dead} jobs were given up`] : []),
    ];
    const note = `${count} episodes, ${KILLS} kills of a worker and ${KILLS} of the server: ${lost} lost, ${doubled} counted twice; ${redelivered} given out again, ${extra} second answers thrown away, ${askedAgain} asked again`;
    return { faults, note };
  });

/** Job out, a trajectory of 16 kB back, acknowledged: how many a second, in memory that stays as it is. */
export const soakQueue: SoakPart = ({ count }) =>
  withWorkers({ slots: 64 }, async ({ server, queue }) => {
    await askInLanes(queue, Math.min(count, 500), { lanes: 256 }); // warm
    const memory = watchMemory(GROWTH);
    const ofServer: number[] = [];
    const started = performance.now();
    let sampling = 0;
    const answers = await askInLanes(queue, count, {
      lanes: 256,
      onDone: (done) => {
        if (done % Math.ceil(count / SAMPLES) !== 0) return;
        const before = performance.now();
        memory.sample();
        sampling += performance.now() - before;
        ofServer.push(server.residentMiB());
      },
    });
    const seconds = (performance.now() - started - sampling) / 1000;
    const wrong = answers.filter((times) => times !== 1).length;
    const { growth, faults } = memory.verdict();
    const { rss } = memoryGrowth(ofServer.map((mib) => ({ rss: mib, heap: 0, external: 0 })));
    const ids = Math.min(count, 2 * DUPLICATE_SECONDS * (count / seconds)); // of half a measurement
    const most = GROWTH.rss + ids * ID_MIB;
    return {
      faults: [
        ...(wrong > 0 ? [`${wrong} of ${count} answers were wrong`] : []),
        ...(rss > most
          ? [`the server's rss grew by ${rss.toFixed(1)} MiB, allowed are ${most.toFixed(1)}`]
          : []),
        ...faults,
      ],
      growth,
      note: `the server's rss ${rss.toFixed(1)} of ${ofServer.at(-1)?.toFixed(0)}; ${(count / seconds).toFixed(0)} episodes a second end to end, ${WORKERS} workers`,
    };
  });
