import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '../processes/nodeFlags.ts';
import type { Job } from './jobs.ts';
import type { JobResult } from './runJob.ts';
import type { Settings } from './settings.ts';
import type { JobAnswer, JobRequest } from './worker.ts';

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

export interface RunnersOptions {
  settings: Settings;
  /** Processes, each with its own model. */
  jobs: number;
  /** Of the engine, in each. */
  threads: number;
  signal: AbortSignal;
  say(line: string): void;
}

/** Processes that run jobs. Small models gain more from two processes than from two threads; results are the same. */
export function openRunners(options: RunnersOptions): {
  runners: ((job: Job) => Promise<JobResult>)[];
  close(): void;
} {
  const { jobs, signal } = options;
  const children = Array.from({ length: jobs }, () => fork(WORKER, { execArgv: [...NODE_FLAGS] }));
  const close = (): void => {
    for (const child of children) child.kill();
  };
  signal.addEventListener('abort', close);
  return { runners: children.map((child) => (job) => runOn(child, job, options)), close };
}

function runOn(
  child: ChildProcess,
  job: Job,
  { settings, threads, say }: RunnersOptions,
): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      child.off('message', onMessage).off('exit', onExit);
      settle();
    };
    const onExit = (code: number | null): void =>
      end(() => reject(new Error(`compare: a process ended with ${code} in ${job.plan}.`)));
    const onMessage = (answer: JobAnswer): void => {
      if ('said' in answer) say(answer.said);
      else if ('result' in answer) end(() => resolve(answer.result));
      else end(() => reject(new Error(answer.error)));
    };
    child.on('message', onMessage).on('exit', onExit);
    if (!child.connected) return onExit(child.exitCode);
    child.send({ job, settings, threads } satisfies JobRequest);
  });
}
