// `pnpm soak [part...]`: hours of ordinary use in minutes. Kills of the main job and of the trainer, a run changed by hand, a thousand updates, programs in sandboxes,
// gradings; memory must stay bounded and nothing may be left behind. Exit code 1 when a part fails.
import { env } from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import { soakGrading } from './grading.ts';
import { soakKills } from './kills.ts';
import { soakJavascript, soakPython } from './sandboxes.ts';
import type { SoakPart } from './soakPart.ts';
import { soakControl } from './trainerControl.ts';
import { soakTrainer } from './trainerKills.ts';
import { soakMemory } from './trainerMemory.ts';
import { soakVllm } from './vllmKills.ts';
import { soakQueue, soakWorkers } from './workerKills.ts';
import { soakPace } from './workerPace.ts';

const PARTS: Record<string, { run: SoakPart; count: number; what: string }> = {
  kills: { run: soakKills, count: 20, what: 'times the main job is killed' },
  trainer: { run: soakTrainer, count: 20, what: 'times the trainer is killed, in every stage' },
  control: { run: soakControl, count: 1, what: 'run changed by hand and repeated' },
  memory: { run: soakMemory, count: 1000, what: 'updates of GRPO in one process' },
  grading: { run: soakGrading, count: 100_000, what: 'graded pairs' },
  workers: {
    run: soakWorkers,
    count: 2000,
    what: 'episodes over NATS, its server and workers killed',
  },
  vllm: {
    run: soakVllm,
    count: 2000,
    what: 'episodes that a vLLM server samples, which is killed (MOLRL_VLLM_START starts it)',
  },
  queue: { run: soakQueue, count: 10_000, what: 'episodes of 16 kB over NATS' },
  pace: {
    run: soakPace,
    count: 10,
    what: 'updates on episodes of a second, and the flagship, here and with two workers',
  },
  javascript: { run: soakJavascript, count: 10_000, what: 'JavaScript programs in a sandbox' },
  python: { run: soakPython, count: 100, what: 'Python programs in a sandbox' },
};
/** Names for several parts. */
const GROUPS: Record<string, string[]> = { sandbox: ['javascript', 'python'] };
const MAX_FAULTS_SHOWN = 10;

const wholeNumber = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A whole number is needed.');
  return Number(text);
};

const program = new Command('soak')
  .argument(
    '[parts...]',
    `${[...Object.keys(PARTS), ...Object.keys(GROUPS)].join(', ')} (default: all, vllm where its server is named)`,
  )
  .option('--seed <number>', 'of kills, programs and pairs (default: the clock)', wholeNumber);
for (const [name, { count, what }] of Object.entries(PARTS))
  program.option(`--${name} <number>`, what, wholeNumber, count);
program.parse(process.argv.filter((arg, i) => i < 2 || arg !== '--')); // pnpm hands a literal -- on
const options = program.opts<Record<string, number>>();
const named = program.args.flatMap((name) => GROUPS[name] ?? [name]);
const wanted =
  named.length > 0
    ? named
    : Object.keys(PARTS).filter((name) => name !== 'vllm' || 'MOLRL_VLLM_START' in env);
for (const name of wanted)
  if (!(name in PARTS))
    program.error(`soak: unknown part '${name}'. Known: ${Object.keys(PARTS).join(', ')}.`);

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const seed = options.seed ?? Date.now() % 1_000_000;
for (const name of wanted) {
  const count = options[name]!; // every part has an option with a default
  write(`${name}: ${count.toLocaleString('en-US')} ${PARTS[name]!.what}, seed ${seed}`);
  const started = performance.now();
  const { faults, growth, note } = await PARTS[name]!.run({ count, seed, write });
  for (const fault of faults.slice(0, MAX_FAULTS_SHOWN)) write(`${name}: ${fault}`);
  if (faults.length > MAX_FAULTS_SHOWN) write(`and ${faults.length - MAX_FAULTS_SHOWN} more`);
  const figures = [
    `${((performance.now() - started) / 1000).toFixed(0)} s`,
    ...(growth === undefined ? [] : [growthText(growth)]),
    ...(note === undefined ? [] : [note]),
  ];
  write(`${name}: ${faults.length === 0 ? 'passed' : 'FAILED'}; ${figures.join('; ')}`);
  if (faults.length > 0) process.exitCode = 1;
}

function growthText(growth: { rss: number; heap: number; external: number }): string {
  const text = Object.entries(growth).map(([kind, mib]) => `${kind} ${mib.toFixed(1)}`);
  return `growth in MiB: ${text.join(', ')}`;
}
