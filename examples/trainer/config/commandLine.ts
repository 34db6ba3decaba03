import { Command, Option } from 'commander';
import { kebab } from './kebab.ts';
import { numberOption } from './numberOption.ts';
import { pointToHelp } from './pointToHelp.ts';
import { type SettingRow, settingsTable } from './settingsTable.ts';

/** What the command line said, not yet checked. */
export interface CommandLine {
  /** Settings by path, `grpo.learningRate`; those without their group by bare name. */
  settings: Record<string, unknown>;
  config?: string | undefined;
  out?: string | undefined;
  resume: boolean;
  quick: boolean;
  threads?: number | undefined;
  /** Port of the page of live control. */
  control?: number | undefined;
}

const list = (text: string): string[] => text.split(',').map((item) => item.trim());

/** All options: those of a run, then one for every setting, made from the schema. */
export function createCommand(): Command {
  const command = new Command('npm run train --')
    .description('Train a language model of yours on data, rewards and environments of yours.')
    .option(
      '--config <file>',
      'settings as a TypeScript (default export) or JSON file; the command line wins',
    )
    .option('--out <dir>', 'folder of the run (default: runs/<date>)')
    .option('--resume', 'continue the run in --out where it stopped')
    .option('--quick', 'a first look: a few updates of every stage')
    .option('--threads <n>', 'CPU threads (default: all; the result is the same)', numberOption)
    .option(
      '--control <port>',
      'a page on 127.0.0.1 to pause, step, change rates, save and roll back (0: any free port)',
      numberOption,
    )
    .option('--lora <r>', 'train an adapter of this rank instead of all weights', numberOption)
    .option('--env <name>', 'short for --environment');
  const rows = settingsTable();
  for (const row of rows) for (const option of optionsOf(row, row.path)) command.addOption(option);
  const taken = new Set(rows.map(({ path }) => path));
  for (const row of rows) {
    const name = row.path.slice(row.path.indexOf('.') + 1);
    if (!taken.has(name))
      for (const option of optionsOf(row, name)) command.addOption(option.hideHelp());
    taken.add(name);
  }
  return pointToHelp(command).addHelpText(
    'after',
    '\nA setting of a training stage may be written without its stage: --updates is that of the last one.',
  );
}

function optionsOf({ kind, description }: SettingRow, path: string): Option[] {
  const name = path.split('.').map(kebab).join('.');
  if (kind === 'flag') {
    const no = new Option(`--no-${name}`, 'not so').hideHelp();
    return [new Option(`--${name}`, `${description} (--no-${name}: not so)`), no];
  }
  const flag = `--${name}`;
  const option = new Option(
    `${flag} <${{ list: 'a,b', number: 'x', text: 'text' }[kind]}>`,
    description,
  );
  if (kind === 'number') option.argParser(numberOption);
  if (kind === 'list') option.argParser(list);
  return [option];
}

/** @throws A CommanderError for an option that is not known, with the nearest one. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const command = createCommand();
  const raw = command.parse([...argv], { from: 'user' }).opts();
  const { config, out, resume = false, quick = false, threads, control, env, ...rest } = raw;
  const settings = env === undefined ? rest : { environment: env as string, ...rest };
  return { settings, config, out, resume, quick, threads, control } as CommandLine; // commander gives what the options say
}
