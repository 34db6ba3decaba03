// A worker whose jobs cost nothing, for checks of the queue: `node cheapWorker.ts URL SLOTS`. It does what the job says.
import { setTimeout as sleep } from 'node:timers/promises';
import { openNats } from '../queue/openNats.ts';
import { serveJobs } from '../queue/serveJobs.ts';

/** What such a job asks for. */
export interface CheapJob {
  number: number;
  /** Milliseconds that it takes. */
  takes?: number;
  /** Length of the answer. */
  bytes?: number;
  /** The worker dies of it. */
  kills?: boolean;
  /** It fails. */
  fails?: boolean;
}

/** The answer to a job. */
export const cheapAnswer = ({ number, bytes = 0 }: CheapJob): string =>
  `${number} ${'.'.repeat(bytes)}`;

async function main([url = '', slots = '1']: string[]): Promise<void> {
  const say = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  const worker = `cheap-${process.pid}`;
  const nats = await openNats({ url, tokenVariable: 'NATS_TOKEN', name: worker, say });
  const stop = new AbortController();
  process.on('SIGTERM', () => stop.abort(new Error('SIGTERM')));
  say('ready');
  await serveJobs({
    ...{ nats, worker, library: 'none', slots: Number(slots), signal: stop.signal, say },
    async perform({ body }, signal) {
      const job = body as CheapJob;
      if (job.takes) await sleep(job.takes, undefined, { signal });
      if (job.kills) process.kill(process.pid, 'SIGKILL');
      if (job.fails) throw new Error('this one never works');
      return cheapAnswer(job);
    },
  });
  await nats.close();
}

if (process.argv[1]?.endsWith('cheapWorker.ts')) await main(process.argv.slice(2));
