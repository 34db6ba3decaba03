import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exists } from '../trainer/base/exists.ts';
import { readLines } from '../trainer/harness/linesFile.ts';
import { type Ended, runProgram, type Stop } from './runProgram.ts';
import { withoutTimes } from './withoutTimes.ts';

const program = fileURLToPath(new URL('../mol-rl/main.ts', import.meta.url));

/** Runs the main job as its own process, and stops it if asked to. */
export const runMolRl = (argv: readonly string[], stop: Partial<Stop> = {}): Promise<Ended> =>
  runProgram(program, argv, stop);

/** Small, but through every kind of stage: episodes, MoL, GRPO, evaluation. */
export const SMALL_RUN: readonly string[] = [
  ...['--arm', 'grpo,mol+grpo', '--episodes', '24', '--updates', '6', '--grpo-updates', '3'],
  ...['--prompts', '8', '--eval-tasks', '4', '--checkpoint-every', '2', '--seed', '3'],
];

/**
 * Kills a run with SIGKILL again and again at the given moments, resumes it each time, and lets it end.
 *
 * @param moments - Milliseconds after the first line of each process.
 * @returns How many kills hit a running process: a run may end before its moment.
 */
export async function killAndResume(out: string, moments: readonly number[]): Promise<number> {
  let kills = 0;
  let started = false;
  for (const afterMs of moments) {
    const argv = started ? ['--out', out, '--resume'] : [...SMALL_RUN, '--out', out];
    const ended = await runMolRl(argv, { afterMs, signal: 'SIGKILL' });
    if (ended.signal === 'SIGKILL') kills += 1;
    else if (ended.code !== 0) throw new Error(`killAndResume: the run failed: ${ended.stderr}`);
    // Killed before it wrote down what it is: there is nothing to resume, the same folder is free.
    started = await exists(join(out, 'job.json'));
  }
  const last = await runMolRl(started ? ['--out', out, '--resume'] : [...SMALL_RUN, '--out', out]);
  if (last.code !== 0) throw new Error(`killAndResume: the last run failed: ${last.stderr}`);
  return kills;
}

/** What must be the same in two runs with the same settings: all but times. */
export async function outcome(out: string): Promise<Record<string, unknown>> {
  const text = (...path: string[]): Promise<string> => readFile(join(out, ...path), 'utf8');
  const results = JSON.parse(await text('results.json'));
  return {
    weights: await readFile(join(out, 'models', 'mol+grpo', 'model.safetensors'), 'hex'),
    arms: results.arms.map((arm: object) => ({ ...arm, seconds: 0 })),
    mismatch: results.mismatch,
    trajectories: await text('runs', '3-base', 'trajectories.jsonl'),
    completions: await text('runs', '3-mol', 'completions.jsonl'),
    metrics: (await readLines<object>(join(out, 'metrics.jsonl'))).map(withoutTimes),
  };
}
