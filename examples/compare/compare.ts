import { appendFile } from 'node:fs/promises';
import { armJobs, type Job, rateJobs } from './jobs.ts';
import { type ArmRecord, armsFile, type RateRecord, ratesFile, readRecords } from './records.ts';
import type { JobResult } from './runJob.ts';
import type { Settings } from './settings.ts';
import { writeReport } from './writeReport.ts';

export interface Comparison {
  settings: Settings;
  out: string;
  /** Each runs one job at a time. */
  runners: readonly ((job: Job) => Promise<JobResult>)[];
}

/**
 * Every method on every model, domain and seed, first the choice of its learning rate. What is finished is written down at
 * once, and not run again. The report of it is written in any case, also where a job failed.
 */
export async function compare({ settings, out, runners }: Comparison): Promise<void> {
  const tried = () => readRecords<RateRecord>(ratesFile(out));
  const done = () => readRecords<ArmRecord>(armsFile(out));
  try {
    for (;;) {
      const open = rateJobs(settings, await tried());
      if (open.length === 0) break;
      await runAll(open, { out, runners });
    }
    await runAll(armJobs(settings, await done(), await tried()), { out, runners });
  } finally {
    await writeReport(out, settings);
  }
}

/** Each runner takes the next job when it is done with one. A job that fails stops nothing else; it is told at the end. */
async function runAll(
  jobs: readonly Job[],
  { out, runners }: Pick<Comparison, 'out' | 'runners'>,
): Promise<void> {
  const queue = jobs.values();
  const failed: string[] = [];
  await Promise.all(
    runners.map(async (run) => {
      for (const job of queue) {
        try {
          const { arms, rates } = await run(job); // all arms of a plan, or none
          await appendFile(armsFile(out), lines(arms));
          await appendFile(ratesFile(out), lines(rates));
        } catch (error) {
          failed.push(`${JSON.stringify(job)}: ${error instanceof Error ? error.message : error}`);
        }
      }
    }),
  );
  if (failed.length === 0) return;
  throw new Error(
    `compare: ${failed.length} of ${jobs.length} jobs failed; the same command tries them again.\n${failed.join('\n')}`,
  );
}

const lines = (rows: readonly object[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');
