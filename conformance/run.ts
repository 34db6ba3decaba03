import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEVICES, type DeviceName } from '@molrl/tensor-gpu';
import { Command, Option } from 'commander';
import { absentSuite, type SuiteResult } from './suiteResult.ts';

/** Each family: its name and how to run it on a folder. Loaded only when asked for. */
const FAMILIES: Record<
  string,
  () => Promise<(folder: string, device: DeviceName) => Promise<SuiteResult[]>>
> = {
  qwen3: async () => (await import('./qwen3.ts')).runQwen3,
  llama: async () => (await import('./llama.ts')).runLlama,
  losses: async () => (await import('./losses.ts')).runLosses,
  env: async () => (await import('./env.ts')).runEnv,
  real: async () => (await import('./real.ts')).runReal,
};

const HERE = dirname(fileURLToPath(import.meta.url));
const MAX_FAILURES_SHOWN = 10;

interface FamilyRow extends SuiteResult {
  family: string;
}

const program = new Command('conformance')
  .description('Runs the golden cases of the field against our packages.')
  .option('--family <name>', `one of ${Object.keys(FAMILIES).join(', ')} (default: all)`)
  .option('--fixtures <folder>', "that family's folder of golden cases (needs --family)")
  .addOption(
    new Option('--device <name>', 'where models run (webgpu: the family qwen3)')
      .choices(DEVICES)
      .default('cpu'),
  )
  .option('--json', 'print one JSON object instead of the table')
  .parse(process.argv.filter((arg, i) => i < 2 || arg !== '--')); // pnpm hands a literal -- on
const options = program.opts<{
  family?: string;
  fixtures?: string;
  device: DeviceName;
  json?: boolean;
}>();

const families = options.family ? [options.family] : Object.keys(FAMILIES);
if (options.family && !(options.family in FAMILIES)) {
  program.error(
    `conformance: unknown family '${options.family}'. Known: ${Object.keys(FAMILIES).join(', ')}.`,
  );
}
if (options.device !== 'cpu' && options.family !== 'qwen3') {
  program.error(`conformance: --device ${options.device} is for --family qwen3.`);
}
if (options.fixtures && !options.family) {
  program.error("conformance: --fixtures is one family's folder: say which with --family.");
}
if (options.fixtures && !isFolder(options.fixtures)) {
  program.error(`conformance: ${options.fixtures} is not a folder.`);
}

const rows: FamilyRow[] = [];
for (const family of families) {
  const folder = options.fixtures ?? join(HERE, 'fixtures', family);
  const load = FAMILIES[family];
  if (!load || !isFolder(folder)) {
    rows.push({ family, ...absentSuite('(all)') });
    continue;
  }
  const run = await load();
  for (const result of await run(folder, options.device)) rows.push({ family, ...result });
}

const passed = rows.reduce((sum, row) => sum + row.passed, 0);
const failed = rows.reduce((sum, row) => sum + row.failed, 0);
const below = rows.filter(
  (row) => !row.absent && row.passed < row.floor * (row.passed + row.failed),
);
process.stdout.write(options.json ? jsonReport() : textReport());
process.exitCode = below.length > 0 || passed + failed === 0 ? 1 : 0;

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

function jsonReport(): string {
  const families = rows.map(({ failures: _, ...row }) => row);
  return `${JSON.stringify({ families })}\n`;
}

function textReport(): string {
  const lines = ['family   suite                          passed  failed  floor'];
  for (const row of rows.filter(({ absent }) => !absent)) {
    const counts = `${String(row.passed).padStart(8)}${String(row.failed).padStart(8)}`;
    const floor = `${Math.round(row.floor * 100)} %`.padStart(7);
    lines.push(`${row.family.padEnd(9)}${row.suite.padEnd(29)}${counts}${floor}`);
  }
  const absent = rows.filter((row) => row.absent);
  if (absent.length > 0) {
    lines.push('', `absent: ${absent.map((row) => `${row.family} ${row.suite}`).join(', ')}`);
  }
  for (const row of rows.filter(({ failed: count }) => count > 0)) {
    lines.push('', `${row.family} ${row.suite}: ${row.failed} failed`);
    for (const failure of row.failures.slice(0, MAX_FAILURES_SHOWN)) lines.push(`  ${failure}`);
    const hidden = row.failures.length - MAX_FAILURES_SHOWN;
    if (hidden > 0) lines.push(`  and ${hidden} more`);
  }
  for (const row of below) lines.push('', `${row.family} ${row.suite} is below its floor`);
  lines.push('', `${passed} passed, ${failed} failed`);
  return `${lines.join('\n')}\n`;
}
