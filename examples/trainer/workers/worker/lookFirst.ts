import type { EpisodesJob } from '../episodesJob.ts';
import type { JudgingJob } from '../judgingJobs.ts';
import { jobsInQueue } from '../queue/jobsInQueue.ts';
import type { Job } from '../queue/messages.ts';
import type { Nats } from '../queue/nats.ts';
import type { RunRecord } from '../runRecord.ts';
import { checkModel, type WorkerFiles } from './workerFiles.ts';

/** Written by workerEpisodes and judgedEpisodes. */
export const bodyOf = ({ body }: Job): EpisodesJob | JudgingJob => body as EpisodesJob | JudgingJob;

/** The description of a run; its hash vouches for it. */
export async function readRecord({ blobs }: Pick<Nats, 'blobs'>, name: string): Promise<RunRecord> {
  return JSON.parse(new TextDecoder().decode(await blobs.get(name))) as RunRecord;
}

/**
 * Looks at the runs that have jobs before one is taken: a job that is given back has lost one of its tries.
 *
 * @returns Whether there are jobs, all of runs that can be served. @throws {UnfitError} if one cannot.
 */
export function lookFirst(nats: Nats, files: WorkerFiles): () => Promise<boolean> {
  const fit = new Set<string>();
  return async () => {
    const jobs = (await jobsInQueue(nats)).map(bodyOf);
    for (const { record, does } of jobs) {
      const key = `${record} ${does}`;
      if (fit.has(key)) continue;
      const run = await readRecord(nats, record);
      await (await files.openGame(run)).close?.();
      if (does === 'episodes') await checkModel(run, files);
      fit.add(key);
    }
    return jobs.length > 0;
  };
}
