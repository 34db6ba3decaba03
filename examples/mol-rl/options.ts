import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { z } from 'zod';
import { kebab } from '../trainer/config/kebab.ts';
import { numberOption } from '../trainer/config/numberOption.ts';
import { pointToHelp } from '../trainer/config/pointToHelp.ts';
import codewords from '../trainer/courses/codewords.ts';
import { ENGINES } from '../trainer/harness/engines.ts';
import { optionsTakenByNpm } from '../trainer/harness/npmOptions.ts';
import { newRunFolder } from '../trainer/harness/runFolder.ts';

/** What can be compared, in the order it runs. `base` is the model untouched. */
export const ARMS = [
  'base',
  'grpo',
  'ce',
  'ce+grpo',
  'replay',
  'replay+grpo',
  'mol',
  'mol+grpo',
] as const;
export type Arm = (typeof ARMS)[number];

const count = (low: number, high: number): z.ZodNumber =>
  z.number(`must be an integer from ${low} to ${high}`).int().min(low).max(high);
const positive = (high: number): z.ZodNumber =>
  z.number(`must be a number above 0, at most ${high}`).gt(0).max(high);

const settingsSchema = z.strictObject({
  arm: z.array(z.enum(ARMS, `must be of: ${ARMS.join(', ')}`)).min(1, 'must name at least one arm'),
  seed: count(0, 2 ** 31),
  seeds: count(1, 30),
  model: z.string().min(1, 'must be a folder').optional(),
  lora: count(1, 512).optional(),
  alpha: positive(100),
  learningRate: positive(1),
  updates: count(1, 100_000),
  batchSize: count(1, 1024),
  episodes: count(1, 100_000),
  grpoLearningRate: positive(1),
  grpoUpdates: count(1, 100_000),
  prompts: count(1, 4096),
  numGenerations: count(2, 256),
  generalKl: count(0, 1024),
  evalTasks: count(1, 100_000),
  split: z.enum(['validation', 'test'], "must be 'validation' or 'test'"),
  checkpointEvery: count(1, 100_000),
  device: z.enum(ENGINES, `must be of: ${ENGINES.join(', ')}`).default('cpu'),
  kernels: z.enum(['auto', 'native', 'wasm'], "must be 'auto', 'native' or 'wasm'"),
});

/** Everything that decides the outcome. Stored in the checkpoint; `--resume` insists on the same. */
export type Settings = z.infer<typeof settingsSchema>;

export interface Options {
  settings: Settings;
  /** Settings the user gave, on the command line or in the file; the others are defaults. */
  given: Partial<Settings>;
  out: string;
  resume: boolean;
  quick: boolean;
  threads?: number | undefined;
}

const { collect, mol, grpo, eval: evaluation } = codewords;

/** Those of the trainer's configuration. */
const DEFAULTS: Settings = {
  arm: [...ARMS],
  seed: 0,
  seeds: 1,
  alpha: mol.alpha,
  learningRate: mol.learningRate,
  updates: mol.updates,
  batchSize: mol.batchSize,
  episodes: collect.episodes,
  grpoLearningRate: grpo.learningRate,
  grpoUpdates: grpo.updates,
  prompts: grpo.prompts,
  numGenerations: grpo.numGenerations,
  generalKl: 0,
  evalTasks: evaluation.tasks,
  split: evaluation.split,
  checkpointEvery: 20,
  device: 'cpu',
  kernels: 'auto',
};

/** A first look in a minute: four arms, fewer updates and tasks. The figures are worse than a full run's. */
const QUICK: Partial<Settings> = {
  arm: ['base', 'grpo', 'mol', 'mol+grpo'],
  updates: 100,
  grpoUpdates: 20,
  evalTasks: 64,
};

/** LoRA wants larger steps (RECIPE section 6: 5e-3 and 2e-3 for rank 16). */
const LORA: Partial<Settings> = { learningRate: 5e-3, grpoLearningRate: 2e-3 };

const list = (text: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  ...text.split(',').map((item) => item.trim()),
];

/**
 * Reads the command line and the JSON file of `--config`. The command line wins over the file, the file
 * over `--quick`, that over the defaults.
 *
 * @param env - Where npm leaves the options of `npm start --quick`, which it takes for its own.
 * @throws {Error} One line that names the option, what it must be and what came.
 */
export function parseOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Options {
  const command = createCommand();
  const raw = command
    .parse([...optionsTakenByNpm(command.options, env), ...argv], { from: 'user' })
    .opts();
  const { config, out, resume = false, quick = false, threads, ...fromLine } = raw;
  const fromFile = config === undefined ? {} : readConfig(config as string); // commander gives the option's text
  const given = { ...fromFile, ...fromLine } as Partial<Settings>; // checked by the schema below
  const settings = check({
    ...DEFAULTS,
    ...(quick ? QUICK : {}),
    ...(given.lora === undefined ? {} : LORA),
    ...given,
  });
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 256)) {
    throw new Error(`--threads: must be an integer from 1 to 256, got ${threads}.`);
  }
  if (resume && out === undefined) {
    throw new Error('--resume: also give --out DIR, the folder of the run to continue.');
  }
  return { settings, given, out: out ?? newRunFolder(), resume, quick, threads };
}

/** Checks settings from any source. */
export function check(value: unknown): Settings {
  const result = settingsSchema.safeParse(value);
  if (result.success)
    return { ...result.data, arm: ARMS.filter((arm) => result.data.arm.includes(arm)) };
  const [issue] = result.error.issues;
  const name = issue?.path[0];
  if (issue?.code === 'unrecognized_keys') {
    throw new Error(
      `--config: unknown key '${issue.keys[0]}'. Known: ${Object.keys(settingsSchema.shape).join(', ')}.`,
    );
  }
  const got = (value as Record<string, unknown>)[String(name)]; // an object: made by parseOptions
  throw new Error(
    `--${kebab(String(name))}: ${issue?.message ?? 'is wrong'}, got ${JSON.stringify(got)}.`,
  );
}

function createCommand(): Command {
  return pointToHelp(new Command('npm start --'))
    .description(
      'Learn from textual feedback, then answer without it: collect -> MoL -> GRPO -> evaluation, beside the baselines.',
    )
    .option('--arm <ids>', `arms to run, comma-separated: ${ARMS.join(', ')} (default: all)`, list)
    .option('--seed <n>', 'first seed (default 0)', numberOption)
    .option(
      '--seeds <n>',
      'how many seeds; more than one gives t-intervals (default 1)',
      numberOption,
    )
    .option('--quick', 'a first look: fewer arms, updates and tasks')
    .option(
      '--out <dir>',
      'folder for results, report, metrics, checkpoints (default: runs/<date>)',
    )
    .option('--resume', 'continue the run in --out where it stopped')
    .option('--config <file>', 'JSON file with these options in camelCase; the command line wins')
    .option('--model <dir>', 'base model folder (default: the 0.5 M-parameter one shipped)')
    .option('--lora <r>', 'train a LoRA adapter of this rank instead of all weights', numberOption)
    .option('--alpha <x>', 'weight of the KL terms of MoL (default 0.3)', numberOption)
    .option('--learning-rate <x>', 'stage 1 (default 1e-3; 5e-3 with --lora)', numberOption)
    .option('--updates <n>', 'stage 1 (default 120)', numberOption)
    .option(
      '--batch-size <n>',
      'EF episodes, and general sequences, per update (default 8)',
      numberOption,
    )
    .option('--episodes <n>', 'EF episodes to collect (default 128)', numberOption)
    .option('--grpo-learning-rate <x>', '(default 5e-4; 2e-3 with --lora)', numberOption)
    .option('--grpo-updates <n>', '(default 24)', numberOption)
    .option('--prompts <n>', 'prompts per GRPO update (default 16)', numberOption)
    .option('--num-generations <n>', 'completions per prompt (default 8)', numberOption)
    .option(
      '--general-kl <n>',
      'general sequences held to the base in each GRPO update, with or without spread (default 0)',
      numberOption,
    )
    .option('--eval-tasks <n>', 'tasks per cell of the table (default 256)', numberOption)
    .option('--split <half>', "held-out half: 'test', or 'validation' to choose settings on")
    .option('--checkpoint-every <n>', 'updates between checkpoints (default 20)', numberOption)
    .option('--threads <n>', 'CPU threads (default: all; the result is the same)', numberOption)
    .option('--device <name>', "'cpu' or 'webgpu', a GPU (default cpu)")
    .option('--kernels <kind>', "'native', 'wasm' or 'auto'");
}

function readConfig(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new Error(`--config: ${file} cannot be read. Give the path of a JSON file.`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw new Error(`--config: ${file} is not JSON (${(error as Error).message}).`); // JSON.parse throws SyntaxError
  }
  throw new Error(`--config: ${file} must hold a JSON object.`);
}
