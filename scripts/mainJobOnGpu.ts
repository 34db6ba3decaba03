// The main job, small, on the CPU and on WebGPU: the same episodes and completions token for token, losses that agree to 1e-4, and
// the same answers at the end. A step of `pnpm webgpu`. Last line: "N passed, M failed".
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../examples/processes/runProgram.ts';
import { readLines } from '../examples/trainer/harness/linesFile.ts';
import { repositoryRoot } from './repositoryRoot.ts';

const SIZES = [
  ...['--quick', '--arm', 'mol+grpo', '--episodes', '8', '--updates', '3', '--batch-size', '2'],
  ...['--grpo-updates', '2', '--prompts', '2', '--num-generations', '4', '--eval-tasks', '2'],
];
/** How far losses may be apart. */
const MOST = 1e-4;

interface Outcome {
  /** Ids of all that was sampled while feedback was collected. */
  episodes: unknown[];
  completions: string[];
  /** Of each update, in order. */
  losses: number[];
  answers: unknown;
}

let [passed, failed] = [0, 0];
function check(claim: string, holds: boolean, found: unknown): void {
  if (holds) passed += 1;
  else failed += 1;
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${claim}: ${String(found)}`);
}

/** @throws {Error} what it said, if it does not come to its end. */
async function run(device: 'cpu' | 'webgpu'): Promise<Outcome> {
  const out = await mkdtemp(join(tmpdir(), `molrl-main-job-${device}-`));
  const program = join(repositoryRoot, 'examples/mol-rl/main.ts');
  try {
    const { code, stderr } = await runProgram(program, [
      ...SIZES,
      '--device',
      device,
      '--out',
      out,
    ]);
    if (code !== 0) throw new Error(`the main job on ${device} ended with ${code}: ${stderr}`);
    const episodes = await readLines<{ segments: { tokens?: { ids: number[] } }[] }>(
      join(out, 'runs/0-base/trajectories.jsonl'),
    );
    const completions = await readLines<{ completion: string }>(
      join(out, 'runs/0-mol/completions.jsonl'),
    );
    const updates = await readLines<{ loss?: number }>(join(out, 'metrics.jsonl'));
    const { arms } = JSON.parse(await readFile(join(out, 'results.json'), 'utf8')) as {
      arms: { domain: unknown; skills: unknown }[];
    };
    return {
      episodes: episodes.flatMap(({ segments }) =>
        segments.flatMap(({ tokens }) => tokens?.ids ?? []),
      ),
      completions: completions.map(({ completion }) => completion),
      losses: updates.flatMap(({ loss }) => loss ?? []),
      answers: arms.map(({ domain, skills }) => ({ domain, skills })),
    };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const cpu = await run('cpu');
const gpu = await run('webgpu');
check(
  'tokens of the episodes are the CPU’s',
  isEqual(gpu.episodes, cpu.episodes),
  gpu.episodes.length,
);
check(
  'completions of GRPO are the CPU’s',
  isEqual(gpu.completions, cpu.completions),
  gpu.completions.length,
);
const apart = Math.max(...cpu.losses.map((loss, k) => Math.abs(loss - gpu.losses[k]!)));
const isSame = cpu.losses.length === 5 && gpu.losses.length === 5 && apart <= MOST;
check(`losses of ${cpu.losses.length} updates are within ${MOST} of the CPU’s`, isSame, apart);
check(
  'answers of the trained model are the CPU’s',
  isEqual(gpu.answers, cpu.answers),
  JSON.stringify(gpu.answers).length,
);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
