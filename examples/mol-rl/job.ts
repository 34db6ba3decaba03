import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GpuTiles } from '@molrl/tensor-gpu';
import { exists } from '../trainer/base/exists.ts';
import { replaceFile } from '../trainer/harness/replaceFile.ts';
import { coursesFolder } from './courses.ts';
import type { Settings } from './options.ts';

/** What `--resume` needs beside the runs themselves. */
export interface Job {
  settings: Settings;
  /** Kernels that compute it, e.g. `kernels-v3.so`: with others its arms would not be comparable, bit for bit. */
  library?: string | undefined;
  /** In what pieces its GPU computes products. */
  tiles?: GpuTiles | undefined;
}

const jobFile = (out: string): string => join(out, 'job.json');

/** True if a folder holds a job, or runs of one. */
export const hasJob = async (out: string): Promise<boolean> =>
  (await exists(jobFile(out))) || exists(coursesFolder(out));

export const writeJob = (out: string, job: Job): Promise<void> =>
  replaceFile(jobFile(out), `${JSON.stringify(job, null, 2)}\n`);

/** @throws {Error} One line if there is none. */
export async function readJob(out: string): Promise<Job> {
  if (!(await exists(jobFile(out)))) {
    throw new Error(
      `--resume: ${jobFile(out)} does not exist. Give the --out folder of an interrupted run, or leave --resume out to start one.`,
    );
  }
  return JSON.parse(await readFile(jobFile(out), 'utf8')) as Job; // written above; its settings are checked
}
