import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '@molrl/ef-env';
import { cheapAnswer } from '../trainer/workers/check/cheapWorker.ts';
import { type CheapWorker, cheapWorkers } from '../trainer/workers/check/cheapWorkers.ts';
import { type NatsServer, natsServer } from '../trainer/workers/check/natsServer.ts';
import { type JobQueue, openJobQueue } from '../trainer/workers/queue/jobQueue.ts';
import { openNats } from '../trainer/workers/queue/openNats.ts';
import type { SoakPart } from './soakPart.ts';

/** Kills of a worker, and as many of the server. */
const KILLS = 5;
const WORKERS = 2;
/** Of a trajectory. */
const BYTES = 16_384;

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

/** Job out, a trajectory of 16 kB back, acknowledged: how many a second. */
export const soakQueue: SoakPart = ({ count }) =>
  withWorkers({ slots: 64 }, async ({ queue }) => {
    await askInLanes(queue, Math.min(count, 500), { lanes: 256 }); // warm
    const started = performance.now();
    const answers = await askInLanes(queue, count, { lanes: 256 });
    const seconds = (performance.now() - started) / 1000;
    const wrong = answers.filter((times) => times !== 1).length;
    return {
      faults: wrong > 0 ? [`${wrong} of ${count} answers were wrong`] : [],
      note: `${(count / seconds).toFixed(0)} episodes a second end to end, ${WORKERS} workers`,
    };
  });
