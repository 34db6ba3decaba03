// Follows docs/your-own-model.md word by word, as somebody who has just cloned the repository, and looks at what comes out.
//
//     pnpm newcomer        some minutes; needs git, Python 3 with venv, and both registries
//
// Last line: "N passed, M failed".
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileOfBlock, type PageBlock, pageBlocks, typedIn } from './pageBlocks.ts';
import { repositoryRoot } from './repositoryRoot.ts';
import { runCommand } from './runCommand.ts';

/** From a clean clone to a falling loss, seconds. */
const MOST_SECONDS = 300;

const folder = mkdtempSync(join(tmpdir(), 'molrl-newcomer-'));
const clone = join(folder, 'clone');
let [passed, failed] = [0, 0];

function check(claim: string, holds: boolean, found: unknown): void {
  if (holds) passed += 1;
  else failed += 1;
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${claim}${holds ? '' : `, found: ${String(found)}`}`);
}

/** A clean clone; of sources without a history a copy, without what was built and run there. */
async function cloneRepository(): Promise<void> {
  if (existsSync(join(repositoryRoot, '.git'))) {
    const args = ['clone', '--quiet', '--depth', '1', `file://${repositoryRoot}`, clone];
    await runCommand('git', args, { cwd: folder, env: process.env });
    return;
  }
  const made = new Set(['node_modules', 'dist', '.molrl', 'runs']);
  cpSync(repositoryRoot, clone, { recursive: true, filter: (file) => !made.has(basename(file)) });
}

/** The environment of somebody else: an own Python, nothing of ours. */
async function ownPython(): Promise<NodeJS.ProcessEnv> {
  const venv = join(folder, 'venv');
  await runCommand('python3', ['-m', 'venv', venv], { cwd: folder, env: process.env });
  const { NODE_OPTIONS: _, ...env } = process.env;
  return { ...env, PATH: `${join(venv, 'bin')}${delimiter}${env.PATH}` };
}

interface Typed {
  command: string;
  /** What is typed into it. */
  input: string;
  env: NodeJS.ProcessEnv;
  /** Told of each piece of output. */
  onOutput?: (all: string) => void;
}

/** Runs a line of the page in a shell. @returns exit code and all that it said. */
function type({
  command,
  input,
  env,
  onOutput,
}: Typed): Promise<{ code: number | null; said: string }> {
  console.log(`$ ${command}`);
  return new Promise((resolve, reject) => {
    const child = spawn(command, { cwd: clone, env, shell: true });
    let said = '';
    const hear = (part: Buffer): void => {
      said += part.toString('utf8');
      process.stdout.write(part);
      onOutput?.(said);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said }));
    child.stdin.end(input);
  });
}

/** Losses that a run has written so far. */
function losses(): number[] {
  const file = join(clone, 'runs', 'last', 'metrics.jsonl');
  if (!existsSync(file)) return [];
  const rows = readFileSync(file, 'utf8').trim().split('\n').filter(Boolean);
  return rows
    .map((row) => JSON.parse(row) as { stage: string; loss?: number })
    .flatMap(({ stage, loss }) => (stage === '1-sft' && loss !== undefined ? [loss] : []));
}

/** The last line of a run that names one: `1-sft 7/16 loss 0.812`. */
const printedLosses = (said: string): number[] =>
  [...said.matchAll(/1-sft \d+\/\d+ loss ([\d.]+)/g)].map(([, loss]) => Number(loss));

const hasFallen = (all: readonly number[]): boolean => all.length > 3 && all.at(-1)! < all[0]! / 2; // more than 3

async function follow(blocks: readonly PageBlock[], started: number): Promise<void> {
  const env = await ownPython();
  let seconds: number | undefined;
  const onOutput = (said: string): void => {
    if (seconds === undefined && hasFallen(printedLosses(said)))
      seconds = (Date.now() - started) / 1000;
  };
  for (const [i, block] of blocks.entries()) {
    const file = fileOfBlock(block);
    if (file !== undefined) {
      writeFileSync(join(clone, file), `${block.code}\n`);
      if (/makeRows/.test(file)) await runCommand('node', [file], { cwd: clone, env });
    }
    if (block.language !== 'sh') continue;
    const next = blocks[i + 1];
    const input = next?.language === 'text' ? typedIn(next) : '';
    const { code, said } = await type({ command: block.code, input, env, onOutput });
    check(`exit code 0: ${block.code.slice(0, 60)}`, code === 0, code);
    if (/npm run train/.test(block.code)) look(said);
    if (/npm run chat/.test(block.code))
      check('the chat answers with a number', /> \d+\s/.test(said), said.slice(-200));
  }
  check(
    `the loss has halved within ${MOST_SECONDS} s of the clone (${seconds?.toFixed(0)} s)`,
    seconds !== undefined && seconds <= MOST_SECONDS,
    seconds,
  );
}

/** What the page says of a run. */
function look(said: string): void {
  const all = losses();
  check(`metrics.jsonl has a falling loss (${all[0]} -> ${all.at(-1)})`, hasFallen(all), all);
  const rows = readFileSync(join(clone, 'problems.jsonl'), 'utf8').trim().split('\n').length;
  check('the data has 300 rows', rows === 300, rows);
  const lines = readFileSync(join(clone, 'reward.js'), 'utf8').trim().split('\n').length;
  check('the reward has at most 10 lines', lines <= 10, lines);
  check(
    'the last line says what to type next',
    /Next: npm run chat -- runs\/\S+\s*$/.test(said),
    said.slice(-200),
  );
  const run = JSON.parse(readFileSync(join(clone, 'runs', 'last', 'run.json'), 'utf8')) as {
    model: { format: string };
  };
  check("the model's own chat format was found", run.model.format === 'smollm2', run.model.format);
  const results = JSON.parse(readFileSync(join(clone, 'runs', 'last', 'results.json'), 'utf8')) as {
    evaluations: { sampled: { mean: number; n: number } }[];
  };
  const sampled = results.evaluations.at(-1)?.sampled; // the first is of the model before
  check(
    `some held-out sums are right (${sampled?.mean} of ${sampled?.n})`,
    (sampled?.mean ?? 0) > 0,
    sampled?.mean,
  );
  for (const file of ['adapter_model.safetensors', 'adapter_config.json', 'README.md'])
    check(
      `adapter/${file} is there`,
      existsSync(join(clone, 'runs', 'last', 'adapter', file)),
      'none',
    );
}

try {
  const started = Date.now();
  await cloneRepository();
  const page = readFileSync(join(clone, 'docs', 'your-own-model.md'), 'utf8');
  const blocks = pageBlocks(page);
  const commands = blocks.filter(({ language }) => language === 'sh');
  check('the page has three commands', commands.length === 3, commands.length);
  await follow(blocks, started);
} catch (error) {
  check('nothing was thrown', false, (error as Error).message); // runCommand throws Errors
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
