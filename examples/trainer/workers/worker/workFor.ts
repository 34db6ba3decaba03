import type { EpisodesJob } from '../episodesJob.ts';
import type { JudgingJob } from '../judgingJobs.ts';
import type { Report } from '../queue/messages.ts';
import type { Nats } from '../queue/nats.ts';
import { type ServeJobsOptions, serveJobs } from '../queue/serveJobs.ts';
import { bodyOf, lookFirst, readRecord } from './lookFirst.ts';
import { openWorkedRun, type WorkedRun } from './openWorkedRun.ts';
import type { WorkerFiles } from './workerFiles.ts';

export interface WorkForOptions
  extends Pick<ServeJobsOptions, 'worker' | 'library' | 'slots' | 'signal'> {
  files: WorkerFiles;
  say(text: string): void;
  /** Takes no job before all runs that have some were looked at; otherwise a job shows whether its run can be served. */
  looksFirst?: boolean | undefined;
  /** Told after each result that is kept. */
  onDone?(report: Report, job: EpisodesJob | JudgingJob): void;
}

/** Plays and judges what a server has, until the signal is aborted, and closes the connection. @throws {UnfitError} */
export async function workFor(nats: Nats, options: WorkForOptions): Promise<void> {
  const { worker, library, slots, files, say, signal, looksFirst = false, onDone } = options;
  const atOnce = `${slots} ${slots === 1 ? 'job' : 'jobs'} at once`;
  say(`worker ${worker}: ${atOnce} on ${library}, for ${nats.url}`);
  let opened: { record: string; run: Promise<WorkedRun> } | undefined;
  const runOf = (record: string): Promise<WorkedRun> => {
    if (opened?.record === record) return opened.run;
    const before = opened?.run;
    const open = async (): Promise<WorkedRun> => {
      await before?.then((run) => run.close()).catch(() => {}); // said when it failed
      const content = await readRecord(nats, record);
      const { model = 'the shipped model', environment } = content.settings;
      say(`a run of ${model}, ${environment}`);
      return openWorkedRun(content, { blobs: nats.blobs, files });
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
      mayTake: looksFirst ? lookFirst(nats, files) : undefined,
      async perform(job, ended) {
        const body = bodyOf(job);
        const run = await runOf(body.record);
        return run.perform(body, ended);
      },
      onDone(report, job) {
        jobs += 1;
        seconds += report.seconds;
        onDone?.(report, bodyOf(job));
      },
    });
  } finally {
    say(`worker ${worker}: ${jobs} jobs in ${seconds.toFixed(1)} s of work`);
    await (await opened?.run.catch(() => undefined))?.close();
    await nats.close();
  }
}
