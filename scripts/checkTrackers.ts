// `pnpm trackers`: a short run of the trainer, killed and resumed, whose curves TensorBoard (both of its loaders), trackio
// and the W&B SDK must have as metrics.jsonl has them. Installs tensorboard and trackio into a Python environment of its own
// (.molrl/trackers), @wandb/sdk beside it. Last line: "N passed, M failed".
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../examples/processes/runProgram.ts';
import { checkSettings } from '../examples/trainer/config/checkSettings.ts';
import { readLines } from '../examples/trainer/harness/linesFile.ts';
import type { MetricsRow } from '../examples/trainer/harness/metricsRow.ts';
import { childTracker } from '../examples/trainer/seeing/tracking/childTracker.ts';
import { trackedRow } from '../examples/trainer/seeing/tracking/trackedRow.ts';
import { repositoryRoot } from './repositoryRoot.ts';
import { runCommand } from './runCommand.ts';
import { wandbServer } from './wandbServer.ts';

type Curves = Record<string, [step: number, value: number][]>;

const home = join(repositoryRoot, '.molrl', 'trackers');
const out = join(home, 'run');
const python = join(home, 'bin', 'python');
const env = { ...process.env, TRACKIO_DIR: join(home, 'trackio'), MOLRL_PYTHON: python };
const read = async (...args: string[]): Promise<Curves> =>
  JSON.parse(
    await runCommand(python, [join(repositoryRoot, 'scripts/readTrackers.py'), ...args], {
      ...{ cwd: home, env },
    }),
  );

let [passed, failed] = [0, 0];
function report(name: string, faults: readonly string[]): void {
  if (faults.length === 0) passed += 1;
  else failed += 1;
  console.log(
    `${faults.length === 0 ? 'ok    ' : 'FAILED'} ${name}${faults.map((one) => `\n    ${one}`).join('')}`,
  );
}

/** Points of one that the other has not, to float32. */
function differences(found: Curves, wanted: Curves): string[] {
  const faults: string[] = [];
  for (const [tag, points] of Object.entries(wanted)) {
    const of = new Map(found[tag] ?? []);
    const wrong = points.filter(([step, value]) => !close(of.get(step), value));
    if (of.size !== points.length)
      faults.push(`${tag}: ${of.size} points, wanted ${points.length}`);
    for (const [step, value] of wrong.slice(0, 1))
      faults.push(`${tag} at ${step}: ${of.get(step)}, wanted ${value}`);
  }
  return faults;
}

/** Curves that go back or stand still: updates that were repeated after a resume must be there once. */
const zigzags = (curves: Curves): string[] =>
  Object.entries(curves).flatMap(([tag, points]) =>
    points.every(([step], i) => i === 0 || step > points[i - 1]![0]) ? [] : [`${tag} zigzags`],
  );

const close = (found: number | undefined, wanted: number): boolean =>
  found !== undefined && Math.abs(found - wanted) <= 1e-6 * Math.max(1e-6, Math.abs(wanted));

async function install(): Promise<void> {
  await mkdir(home, { recursive: true });
  const at = { cwd: home, env: process.env };
  if (!existsSync(python)) await runCommand('python3', ['-m', 'venv', home], at);
  await runCommand(
    python,
    ['-m', 'pip', 'install', '-q', 'tensorboard==2.21.0', 'trackio==0.43.0', 'setuptools<81'],
    at,
  );
  await writeFile(join(home, 'package.json'), '{ "type": "module" }');
  await runCommand('npm', ['install', '--no-audit', '--no-fund', '@wandb/sdk@0.5.1'], at);
}

/** A run of two stages, killed in the second after a checkpoint, and resumed. */
async function train(): Promise<Curves> {
  await rm(out, { recursive: true, force: true });
  await rm(env.TRACKIO_DIR, { recursive: true, force: true });
  Object.assign(process.env, env);
  const program = join(repositoryRoot, 'examples', 'trainer', 'main.ts');
  const argv = [
    ...[
      '--env',
      'codewords',
      '--stages',
      'grpo,grpo,eval',
      '--grpo.updates',
      '4',
      '--prompts',
      '2',
    ],
    ...[
      '--num-generations',
      '4',
      '--max-completion-length',
      '24',
      '--tasks',
      '4',
      '--save-steps',
      '3',
    ],
    ...['--every-steps', '2', '--report-to', 'tensorboard,trackio', '--out', out],
  ];
  await runProgram(program, argv, { signal: 'SIGKILL', when: '2-grpo 4/4' });
  const resumed = await runProgram(program, ['--out', out, '--resume']);
  if (resumed.code !== 0) throw new Error(`the run did not end: ${resumed.stderr}`);
  const settings = JSON.parse(await readFile(join(out, 'run.json'), 'utf8')).settings;
  const curves: Curves = {};
  for (const row of await readLines<MetricsRow>(join(out, 'metrics.jsonl'))) {
    const { step, scalars } = trackedRow(checkSettings(settings), row);
    for (const [tag, value] of Object.entries(scalars)) {
      curves[tag] ??= [];
      curves[tag].push([step, value]);
    }
  }
  return curves;
}

/** The real SDK in the real child, against a server that writes down what it gets. */
async function wandb(): Promise<string[]> {
  await cp(
    join(repositoryRoot, 'examples/trainer/seeing/tracking/wandbChild.ts'),
    join(home, 'wandbChild.ts'),
  );
  const server = await wandbServer();
  process.env.WANDB_BASE_URL = server.address;
  process.env.WANDB_API_KEY = 'x'.repeat(40);
  const run = { out, project: 'p', name: 'of this check', id: 'abc', config: { seed: 3 }, done: 0 };
  const tracker = childTracker(
    [process.execPath, ...process.execArgv, join(home, 'wandbChild.ts')],
    { run },
  );
  for (const step of [1, 2, 3]) tracker.log(step, { 'grpo/reward': step / 4 });
  await tracker.close().finally(server.close);
  const rewards = server.history.map((line) => [line._step, line['grpo/reward']].join());
  const [first] = server.runs;
  return [
    ...(rewards.join(' ') === '1,0.25 2,0.5 3,0.75' ? [] : [`history: ${rewards.join(' ')}`]),
    ...(JSON.stringify(first).includes('of this check') ? [] : [`run: ${JSON.stringify(first)}`]),
  ];
}

await install();
const wanted = await train();
console.log(`${Object.keys(wanted).length} curves in metrics.jsonl`);
const ofBoard = (curves: Curves): string[] => [...differences(curves, wanted), ...zigzags(curves)];
report('TensorBoard, the slow loader', ofBoard(await read('tensorboard-slow', out)));
report('TensorBoard, the default loader', ofBoard(await read('tensorboard-fast', out)));
report('trackio', differences(await read('trackio', 'molrl', 'run'), wanted));
report('W&B SDK', await wandb());
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
