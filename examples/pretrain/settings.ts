import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { z } from 'zod';
import { kebab } from '../trainer/config/kebab.ts';
import { numberOption } from '../trainer/config/numberOption.ts';
import { count, path } from '../trainer/config/settingTypes.ts';
import { newRunFolder } from '../trainer/harness/runFolder.ts';
import { BATCH } from './pretrain.ts';
import { SIZES, type SizeName } from './sizes.ts';

const SIZE_NAMES = Object.keys(SIZES) as SizeName[]; // keys of a literal

const schema = z.strictObject({
  size: z.enum(SIZE_NAMES),
  tokens: count(BATCH, 1e12),
  seed: count(0, 2 ** 32 - 1),
  evalTasks: count(1, 100_000),
  threads: count(1, 256),
  out: path('a folder'),
});

export type PretrainSettings = z.infer<typeof schema>;

/** @throws {Error} one line that names the option and what it must be. */
export function readSettings(argv: readonly string[]): PretrainSettings {
  const given = new Command('pretrain')
    .description('Trains a small base from documents that are made as it goes.')
    .addOption(new Option('--size <name>', 'which model').choices(SIZE_NAMES).default('small'))
    .option('--tokens <n>', 'to learn from; default: 10 million, 11 for 5m', numberOption)
    .option('--seed <n>', 'of weights and documents', numberOption, 0)
    .option('--eval-tasks <n>', 'of each kind, at the end', numberOption, 256)
    .option('--threads <n>', 'of the engine; the result is the same', numberOption)
    .option('--out <folder>', 'a run found there is continued')
    .allowExcessArguments(false)
    .parse([...argv], { from: 'user' })
    .opts<{ size: SizeName }>();
  const { tokens } = SIZES[given.size];
  const all = { tokens, threads: availableParallelism(), out: newRunFolder(), ...given };
  const { success, data, error } = schema.safeParse(all);
  if (success) return data;
  const { path: where, message } = error.issues[0]!; // one at least
  const name = String(where[0]) as keyof typeof all;
  throw new Error(`pretrain: --${kebab(name)}: ${message}, got ${JSON.stringify(all[name])}.`);
}
