// The course on several seeds: what GRPO adds to the start that sft made, with 95 % intervals, time by stage and peak memory.
//
//     node --conditions=@molrl/source --import tsx examples/trainer/courses/measure.ts MODEL.gguf [seeds] [FOLDER]
//
// Runs of FOLDER (default runs/course) that have ended are not repeated; one that was stopped goes on.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '../../processes/nodeFlags.ts';
import { exists } from '../base/exists.ts';
import { type Figure, tInterval } from '../base/intervals.ts';
import { listCheckpoints } from '../harness/runState.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface Results {
  evaluations: { stage: number; sampled: Figure; greedy: Figure }[];
  seconds: Record<string, number>;
}

/** Runs the trainer. @returns the most memory it had resident, MB; where the system tells. */
async function train(args: readonly string[]): Promise<number | undefined> {
  const flags = [...NODE_FLAGS, here('../main.ts')];
  const child = spawn(process.execPath, [...flags, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let peak: number | undefined;
  const look = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    const found = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
    if (found !== undefined) peak = Number(found) / 1000;
  }, 1000);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(look);
  if (code !== 0) throw new Error(`measure: the run ended with exit code ${code}.`);
  return peak;
}

/** Place of the first `eval` among the stages of the course; the base was evaluated before them. */
const AFTER_SFT = 1;

async function measure(model: string, seed: number, folder: string): Promise<number> {
  const out = join(folder, `seed-${seed}`);
  const results = join(out, 'results.json');
  const course = ['--config', here('sums.ts'), '--model', model, '--seed', String(seed)];
  const isStarted = (await listCheckpoints(out)).length > 0;
  const args = [...(isStarted ? ['--resume'] : course), '--out', out];
  const peak = (await exists(results)) ? undefined : await train(args);
  const { evaluations, seconds } = JSON.parse(await readFile(results, 'utf8')) as Results;
  const start = evaluations.find(({ stage }) => stage === AFTER_SFT)!; // the course evaluates there
  const end = evaluations.at(-1)!;
  const shown = ({ sampled, greedy }: typeof start): string =>
    `${sampled.mean.toFixed(3)} [${sampled.ci95.map((x) => x.toFixed(3)).join(', ')}] sampled, ${greedy.mean.toFixed(3)} greedy`;
  const time = Object.entries(seconds).map(([stage, s]) => `${stage} ${s.toFixed(0)} s`);
  process.stdout.write(
    `seed ${seed}: after sft ${shown(start)}; after grpo ${shown(end)}; ${time.join(', ')}${peak === undefined ? '' : `; peak ${peak.toFixed(0)} MB`}\n`,
  );
  return end.sampled.mean - start.sampled.mean;
}

const [model, seeds = '3', folder = 'runs/course'] = process.argv.slice(2);
if (model === undefined) throw new Error('measure: give the GGUF file of the model.');
const gains: number[] = [];
for (let seed = 0; seed < Number(seeds); seed++) gains.push(await measure(model, seed, folder));
const { mean, ci95 } = tInterval(gains);
process.stdout.write(
  `grpo adds ${mean.toFixed(3)} [${ci95.map((x) => x.toFixed(3)).join(', ')}] sampled (95 % t-interval over ${gains.length} seeds)\n`,
);
