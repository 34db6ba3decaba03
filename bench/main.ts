import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type BenchRow, formatRow, tableHead } from './benchRow.ts';
import { type BenchId, benchIds, casesOf } from './cases.ts';
import { machineLimit } from './machineLimit.ts';
import { measureCase } from './measureCase.ts';
import { type ShapeName, shapes } from './shapes.ts';

interface Options {
  shape: ShapeName[];
  threads: number;
  rounds: number;
  kernels: ('native' | 'wasm')[];
  json?: string;
}

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
};

const program = new Command('pnpm bench')
  .description(
    'Ours against PyTorch, transformers and TRL, alternating in one run; medians.\n' +
      'The peers run when MOLRL_PYTHON names a Python that has them.',
  )
  .argument('[id...]', `what to measure: ${benchIds.join(', ')} (default: all)`)
  .addOption(
    new Option('--shape <name...>', 'model shapes')
      .choices(Object.keys(shapes))
      .default([], 'depends on the bench'),
  )
  .option('--threads <n>', 'threads for every contender', wholeNumber, availableParallelism())
  .option('--rounds <n>', 'rounds; each contender runs once per round', wholeNumber, 5)
  .addOption(
    new Option('--kernels <kind...>', 'our modes')
      .choices(['native', 'wasm'])
      .default(['native', 'wasm']),
  )
  .option('--json <file>', 'write the rows as JSON');

async function main(): Promise<void> {
  program.parse(process.argv.filter((argument, i) => i < 2 || argument !== '--'));
  const options = program.opts<Options>();
  const ids = program.args.length > 0 ? program.args : benchIds;
  for (const id of ids)
    if (!benchIds.includes(id as BenchId))
      program.error(`error: unknown bench '${id}'. Known: ${benchIds.join(', ')}.`);

  const limit = machineLimit(options.threads);
  if (limit)
    console.log(
      `This machine, ${options.threads} threads: ${limit.gflops} GFLOP/s of multiply-adds, ${limit.gbPerSecond} GB/s of memory.`,
    );
  if (!process.env.MOLRL_PYTHON) console.log('No peers: MOLRL_PYTHON is not set.');
  console.log(tableHead());
  const rows: BenchRow[] = [];
  for (const id of ids) {
    for (const item of casesOf(id as BenchId, options.shape)) {
      const measured = await measureCase(item, { ...options, limit });
      for (const row of measured) console.log(formatRow(row));
      rows.push(...measured);
      if (options.json !== undefined)
        writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
    }
  }
  process.exitCode = rows.length > 0 ? 0 : 1;
}

await main();
