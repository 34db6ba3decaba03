import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { z } from 'zod';
import { numberOption } from '../trainer/config/numberOption.ts';
import { newRunFolder } from '../trainer/harness/runFolder.ts';
import { DOMAINS, type DomainName } from './domains.ts';
import { PLANS } from './plans.ts';

const IDS = PLANS.map(({ id }) => id);
const names = <T extends string>(known: readonly T[], what: string) =>
  z
    .array(z.enum(known as [T, ...T[]], `must be of: ${known.join(', ')}`))
    .min(1, `must name a ${what}`); // not empty

const schema = z.strictObject({
  methods: names(IDS, 'method'),
  domains: names(Object.keys(DOMAINS) as DomainName[], 'domain'), // keys of a literal
  models: z.array(z.string()).min(1, 'must name a folder'),
  lora: z.number().int().min(1).max(1024).nullable(),
  rates: z.array(z.number().gt(0).max(1)).min(1, 'must have a learning rate'),
  grpoLearningRate: z.number().gt(0).max(1),
  seed: z.number().int().min(0),
  seeds: z.number().int().min(1).max(30),
  evalTasks: z.number().int().min(4).max(100_000),
  quick: z.boolean(),
});

const commandSchema = schema.extend({
  jobs: z.number().int().min(1).max(256),
  threads: z.number().int().min(1).max(256),
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
    .option('--methods <names>', 'comma separated; default: all', list)
    .option('--domains <names>', `of ${Object.keys(DOMAINS).join(', ')}`, list)
    .option('--models <folders>', 'default: the model that ships with the example', list)
    .option('--lora <rank>', 'train an adapter of this rank; default: all weights', numberOption)
    .option('--rates <numbers>', 'learning rates that validation chooses from', (text) =>
      list(text).map(Number),
    )
    .option('--grpo-learning-rate <number>', 'of GRPO behind a first stage', numberOption)
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
    out,
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
  const parsed = commandSchema.safeParse({
    ...{ ...defaults, ...(quick ? QUICK : {}), ...given, quick, jobs, threads },
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`compare: --${issue?.path[0]?.toString()}: ${issue?.message}.`);
  }
  const { jobs: processes, threads: perProcess, ...settings } = parsed.data;
  return { settings, out: out ?? newRunFolder(), jobs: processes, threads: perProcess };
}
