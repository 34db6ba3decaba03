import { join } from 'node:path';
import { readTrajectories } from '@molrl/ef-env';
import { replaceFile } from '../trainer/harness/replaceFile.ts';
import { trajectoriesFile } from '../trainer/harness/run.ts';
import { readRun } from '../trainer/seeing/readRun.ts';
import type { Course } from './courses.ts';
import type { Settings } from './options.ts';
import { renderReport } from './report.ts';
import { consoleTable, type PlayedCourse, summarize } from './results.ts';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** `results.json`, `metrics.jsonl` and the report from what the runs left, and the table on the console. */
export async function writeResults(
  out: string,
  settings: Settings,
  courses: readonly Course[],
): Promise<void> {
  const played = await Promise.all(
    courses.map(async (course) => ({ ...course, run: await readRun(course.out) })),
  );
  const results = summarize(settings, played);
  const [first] = courses;
  const episodes = await readTrajectories(trajectoriesFile(first!.out)).catch(() => []); // no arm needed any
  const talkative = [...episodes].sort((a, b) => b.segments.length - a.segments.length).slice(0, 5);
  await replaceFile(join(out, 'metrics.jsonl'), metricsOf(played));
  await replaceFile(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  const report = renderReport({ settings, results, played, episodes: talkative });
  await replaceFile(join(out, 'report.html'), report);
  say('');
  say(consoleTable(results.arms));
  const { seeds, evalTasks, split } = settings;
  const interval = seeds === 1 ? 'Wilson over tasks, t over text windows' : `t over ${seeds} seeds`;
  say(
    `[95 % interval: ${interval}; ${evalTasks} tasks a cell, held-out ${split} half, no feedback]`,
  );
  say(`Largest sampler/trainer log-prob difference: ${results.mismatch.max.toExponential(1)}`);
  for (const { seed, name, run } of played) {
    for (const [stage, seconds] of Object.entries(run.seconds))
      say(`  ${`${seed}-${name}/${stage}`.padEnd(28)} ${seconds.toFixed(1)} s`);
  }
  say(`Report: ${join(out, 'report.html')}   Figures: ${join(out, 'results.json')}`);
}

/** The rows of all runs, each with where it is from. */
const metricsOf = (played: readonly PlayedCourse[]): string =>
  played
    .flatMap(({ seed, name, run }) => run.metrics.map((row) => ({ seed, run: name, ...row })))
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('');
