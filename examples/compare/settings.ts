import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { kebab } from '../trainer/config/kebab.ts';
import { numberOption } from '../trainer/config/numberOption.ts';
import { count, path, positive } from '../trainer/config/settingTypes.ts';
import { newRunFolder } from '../trainer/harness/runFolder.ts';
import { DOMAINS, type DomainName } from './domains/domains.ts';
import { PLANS } from './plans.ts';

/** Seed of the runs that a rate is chosen by: none of the table's. */
export const VALIDATION_SEED = 1000;
const MOST_SEEDS = 30;

const IDS = PLANS.map(({ id }) => id);
const isOnce = (items: readonly unknown[]): boolean => new Set(items).size === items.length;
const names = <T extends string>(known: readonly T[]) =>
  z
    .array(z.enum(known as [T, ...T[]], `must be of: ${known.join(', ')}`)) // not empty
    .refine(isOnce, 'must name each once');

const schema = z.strictObject({
  methods: names(IDS),
  domains: names(Object.keys(DOMAINS) as DomainName[]), // keys of a literal
  models: z
    .array(path('a model folder or a GGUF file'))
    .refine(
      (folders) => isOnce(folders.map((folder) => basename(folder))),
      'must end in different names, by which the report calls the models: rename a folder, or link to it',
    ),
  lora: count(1, 1024).nullable(),
  rates: z.array(positive(1)).refine(isOnce, 'must name each once'),
  grpoLearningRate: positive(1),
  seed: count(0, VALIDATION_SEED - MOST_SEEDS),
  seeds: count(1, MOST_SEEDS),
  evalTasks: count(4, 100_000),
  quick: z.boolean(),
});

const commandSchema = schema.extend({
  out: path('a folder'),
  jobs: count(1, 256),
  threads: count(1, 256),
});

/** Everything that decides the outcome; a folder holds the runs of one. */
export type Settings = z.infer<typeof schema>;

export interface Options {
  settings: Settings;
  out: string;
  /** Processes at a time, and threads of the engine in each: they decide how long it takes and nothing else. */
  jobs: number;
  threads: number;
}

/** Rates: half decades around 1e-3, which was right for the first stage, down to what 24 attempts a batch ask of a policy gradient; GRPO's behind a first stage was chosen on validation before (docs/method.md). */
const DEFAULTS = {
  rates: [1e-4, 3e-4, 1e-3, 3e-3],
  grpoLearningRate: 5e-4,
  seed: 0,
  seeds: 5,
  evalTasks: 256,
};
const QUICK = { rates: [1e-3], seeds: 1, evalTasks: 16 };

const list = (text: string): string[] => text.split(',').map((item) => item.trim());

/** @throws {Error} one line that names the option and what it must be. */
export function readOptions(argv: readonly string[], shipped: string): Options {
  const command = new Command('compare')
    .option('--methods <names>', 'comma separated; default: all. The base is always measured', list)
    .option('--domains <names>', `of ${Object.keys(DOMAINS).join(', ')}`, list)
    .option('--models <folders>', 'default: the model that ships with the example', list)
    .option('--lora <rank>', 'train an adapter of this rank; default: all weights', numberOption)
    .option('--rates <numbers>', 'learning rates that validation chooses from', (text) =>
      list(text).map(numberOption),
    )
    .option(
      '--grpo-learning-rate <number>',
      'of GRPO behind a first stage; validation tries the rates too behind one on live feedback',
      numberOption,
    )
    .option('--seed <n>', 'first seed', numberOption)
    .option('--seeds <n>', 'how many', numberOption)
    .option('--eval-tasks <n>', 'held-out tasks', numberOption)
    .option('--quick', 'a few updates of every method')
    .option('--out <folder>', 'a run found there is continued')
    .option('--jobs <n>', 'processes at a time; default: one per core', numberOption)
    .option('--threads <n>', 'of the engine in each process; default 1', numberOption)
    .allowExcessArguments(false)
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  const {
    out = newRunFolder(),
    jobs = availableParallelism(),
    threads = 1,
    quick = false,
    ...given
  } = command.parse([...argv], { from: 'user' }).opts();
  const defaults = {
    methods: IDS,
    domains: ['codewords'],
    models: [shipped],
    lora: null,
    ...DEFAULTS,
  };
  const all = { ...defaults, ...(quick ? QUICK : {}), ...given, quick, out, jobs, threads };
  const parsed = commandSchema.safeParse(all);
  if (!parsed.success) throw new Error(inWords(parsed.error.issues[0]!, all)); // one at least
  const { out: folder, jobs: processes, threads: perProcess, ...settings } = parsed.data;
  return { settings, out: folder, jobs: processes, threads: perProcess };
}

/** The option, what it must be, and what came. */
function inWords({ path: [name, ...rest], message }: z.core.$ZodIssue, given: object): string {
  const got = [name!, ...rest].reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown>)[key],
    given,
  );
  const shown = Array.isArray(got) ? got.join(',') : JSON.stringify(got);
  return `compare: --${kebab(String(name))}: ${message}, got ${shown}.`;
}
