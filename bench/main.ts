import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Backend, type BenchRow, formatRow, tableHead } from './benchRow.ts';
import { type BenchId, benchIds, casesOf } from './cases.ts';
import { type MachineLimit, machineLimit } from './machineLimit.ts';
import { measureCase, SAMPLE_SECONDS, WARM_SECONDS } from './measureCase.ts';
import { profileCase } from './profileCase.ts';
import { type ShapeName, shapes } from './shapes.ts';

interface Options {
  shape: ShapeName[];
  threads: number;
  rounds: number;
  kernels: Backend[];
  peerDevice: string;
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
  .argument(
    '[id...]',
    `what to measure: ${benchIds.join(', ')} (default: all); or: profile ID SHAPE, where a run of ours spends its time`,
  )
  .addOption(
    new Option('--shape <name...>', 'model shapes')
      .choices(Object.keys(shapes))
      .default([], 'depends on the bench'),
  )
  .option('--threads <n>', 'threads for every contender', wholeNumber, availableParallelism())
  .option('--rounds <n>', 'rounds; each contender runs once per round', wholeNumber, 5)
  .addOption(
    new Option('--kernels <kind...>', 'our modes')
      .choices(['native', 'wasm', 'webgpu'] satisfies Backend[])
      .default(['native', 'wasm']),
  )
  .option('--peer-device <name>', 'what the peers of torch compute on: cpu, cuda', 'cpu')
  .option('--json <file>', 'write the rows as JSON');

/** What both ways of running begin with: the machine, and what it can do. */
function describeMachine(threads: number): MachineLimit | null {
  const limit = machineLimit(threads);
  if (limit) {
    const { gflops, vectorBits, gbPerSecond } = limit;
    console.log(
      `This machine (${cpus()[0]?.model.trim()}), ${threads} threads: ${gflops} GFLOP/s of multiply-adds (${vectorBits}-bit vectors), ${gbPerSecond} GB/s of memory.`,
    );
  }
  return limit;
}

function checkNames(ids: readonly string[], names: readonly string[]): void {
  for (const id of ids)
    if (!benchIds.includes(id as BenchId))
      program.error(`error: unknown bench '${id}'. Known: ${benchIds.join(', ')}.`);
  for (const name of names)
    if (!(name in shapes))
      program.error(`error: unknown shape '${name}'. Known: ${Object.keys(shapes).join(', ')}.`);
}

/** `pnpm bench profile train micro`. */
async function printProfiles(args: readonly string[], options: Options): Promise<void> {
  const [id = 'train', ...names] = args;
  const [kernels = 'native'] = options.kernels;
  checkNames([id], names);
  const wanted = [...options.shape, ...(names as ShapeName[])]; // both checked
  const limit = kernels === 'webgpu' ? null : describeMachine(options.threads); // it is the processor's
  for (const item of casesOf(id as BenchId, wanted))
    console.log(await profileCase(item, { ...options, kernels, limit }));
}

async function printComparisons(ids: readonly string[], options: Options): Promise<void> {
  checkNames(ids, []);
  const limit = describeMachine(options.threads);
  console.log(
    `Each contender warms up for ${WARM_SECONDS} s; samples of ${SAMPLE_SECONDS} s, alternating; medians of ${options.rounds} rounds.`,
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

program.parse(process.argv.filter((argument, i) => i < 2 || argument !== '--'));
const [first, ...rest] = program.args;
if (first === 'profile') await printProfiles(rest, program.opts<Options>());
else await printComparisons(first === undefined ? benchIds : program.args, program.opts<Options>());
