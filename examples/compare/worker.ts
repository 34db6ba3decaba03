import { openCpu } from '@molrl/tensor-gpu';
import type { Job } from './jobs.ts';
import { type Bench, type JobResult, openBench, runJob } from './runJob.ts';
import type { Settings } from './settings.ts';

/** What the main process sends. */
export interface JobRequest {
  job: Job;
  settings: Settings;
  threads: number;
}

/** What a worker sends back: lines to print, and at the end the result or what went wrong. */
export type JobAnswer = { said: string } | { result: JobResult } | { error: string };

const answer = (message: JobAnswer): void => {
  process.send!(message); // forked with a channel
};

let engine: Promise<unknown> | undefined;
let bench: (Bench & { model: string }) | undefined;

/** The bench of a model; only the last is kept. */
async function benchOf({ job, settings, threads }: JobRequest): Promise<Bench> {
  if (bench?.model === job.model) return bench;
  engine ??= openCpu({ threads });
  await engine;
  bench?.learner.dispose();
  bench = undefined; // also where the next cannot be opened
  bench = { model: job.model, ...(await openBench(job.model, settings.lora)) };
  return bench;
}

process.on('message', async (request: JobRequest) => {
  const { job, settings } = request;
  const signal = new AbortController().signal; // a job that is given up ends with its process
  const say = (said: string): void => answer({ said });
  try {
    const context = { bench: await benchOf(request), settings, signal, say };
    answer({ result: await runJob(context, job) });
  } catch (error) {
    answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {}); // the main process decides
