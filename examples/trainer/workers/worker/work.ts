import { hostname } from 'node:os';
import { basename } from 'node:path';
import { type OpenCpuOptions, openCpu } from '@molrl/tensor-gpu';
import type { EpisodesJob } from '../episodesJob.ts';
import type { JudgingJob } from '../judgingJobs.ts';
import { openNats } from '../queue/openNats.ts';
import { serveJobs } from '../queue/serveJobs.ts';
import type { RunRecord } from '../runRecord.ts';
import { openWorkedRun, type WorkedRun } from './openWorkedRun.ts';

export interface WorkOptions extends Pick<OpenCpuOptions, 'threads' | 'kernels'> {
  url: string;
  slots: number;
  tokenVariable: string;
  say(text: string): void;
  signal: AbortSignal;
}

/** Plays and judges what the server has, until the signal is aborted. @throws {Error} if a run is of other files than are here. */
export async function work(options: WorkOptions): Promise<void> {
  const { url, slots, tokenVariable, threads, kernels, say, signal } = options;
  const device = await openCpu({ threads, kernels });
  const worker = `${hostname()}-${process.pid}`;
  const nats = await openNats({ url, tokenVariable, name: worker, say });
  const library = basename(device.library);
  say(
    `worker ${worker}: ${slots} ${slots === 1 ? 'job' : 'jobs'} at once on ${library}, for ${url}`,
  );
  let opened: { record: string; run: Promise<WorkedRun> } | undefined;
  const runOf = (record: string): Promise<WorkedRun> => {
    if (opened?.record === record) return opened.run;
    const before = opened?.run;
    const open = async (): Promise<WorkedRun> => {
      await before?.then((run) => run.close()).catch(() => {}); // said when it failed
      const content = JSON.parse(Buffer.from(await nats.blobs.get(record)).toString()) as RunRecord; // its hash vouches for it
      say(
        `a run of ${content.settings.model ?? 'the shipped model'}, ${content.settings.environment}`,
      );
      return openWorkedRun(content, nats.blobs);
    };
    opened = { record, run: open() };
    opened.run.catch(() => {
      opened = undefined; // another try opens it anew
    });
    return opened.run;
  };
  let [jobs, seconds] = [0, 0];
  try {
    await serveJobs({
      ...{ nats, slots, worker, library, signal, say },
      async perform({ body }, ended) {
        const job = body as EpisodesJob | JudgingJob; // written by workerEpisodes and judgedEpisodes
        const run = await runOf(job.record);
        return run.perform(job, ended);
      },
      onDone(report) {
        jobs += 1;
        seconds += report.seconds;
      },
    });
  } finally {
    say(`worker ${worker}: ${jobs} jobs in ${seconds.toFixed(1)} s of work`);
    await (await opened?.run.catch(() => undefined))?.close();
    await nats.close();
  }
}
