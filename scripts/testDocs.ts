import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { blockTypeFaults } from './blockTypes.ts';
import { type DocBlock, markdownBlocks, tsdocBlocks } from './docBlocks.ts';
import { differs, parseDocLiteral } from './docLiteral.ts';
import { instrumentBlock } from './instrumentBlock.ts';
import { repositoryRoot } from './repositoryRoot.ts';

const packagesFolder = join(repositoryRoot, 'packages');
const workFolder = join(repositoryRoot, '.molrl', 'docs');

/** `repository` (README, CONTRIBUTING, docs/, examples, bench, conformance), then one group per package. */
const groups = ['repository', ...readdirSync(packagesFolder).sort()];

/** Packages whose examples need a device and may use tfjs names without importing them. */
const WITH_TENSORS = ['tensor-gpu', 'qwen3', 'repository'];

const scope = globalThis as unknown as { molrlDocs: { check: typeof check } }; // how a block reaches `check`

/**
 * `pnpm doctest [group…]`: runs every `ts` block of the READMEs and every `@example`, each in its own module
 * and an empty working folder, and compares the results with the `// value` comments beside them. The READMEs' blocks
 * must also type-check under `strict`.
 */
async function main(): Promise<void> {
  const [mode, group] = process.argv.slice(2);
  if (mode === '--group' && group !== undefined) return runGroup(group);
  const wanted = process.argv.slice(2).filter((argument) => argument !== '--');
  const file = fileURLToPath(import.meta.url);
  const chosen = wanted.length > 0 ? wanted : groups;
  const typeFaults = checkTypes(chosen);
  const failed = chosen.filter((name) => {
    const args = [...process.execArgv, file, '--group', name];
    return (
      spawnSync(process.execPath, args, { stdio: 'inherit', cwd: repositoryRoot }).status !== 0
    );
  });
  process.exitCode = failed.length + typeFaults === 0 ? 0 : 1;
}

/** Type-checks the Markdown blocks of all groups at once; returns how many faults it has told. */
function checkTypes(chosen: readonly string[]): number {
  const blocks = chosen
    .filter((group) => groups.includes(group)) // an unknown one is refused where it would run
    .flatMap(blocksOf)
    .filter(({ file }) => file.endsWith('.md'));
  const faults = blockTypeFaults(blocks, join(workFolder, 'types'));
  for (const fault of faults) console.error(fault);
  console.log(`types: ${blocks.length} blocks, ${faults.length} faults`);
  return faults.length;
}

async function runGroup(group: string): Promise<void> {
  if (!groups.includes(group))
    throw new Error(`testDocs: unknown group '${group}'. Known: ${groups.join(', ')}.`);
  console.log = () => {}; // the blocks' own output
  const folder = join(workFolder, group);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  scope.molrlDocs = { check };
  const blocks = blocksOf(group);
  let checks = 0;
  let failures = 0;
  for (const [i, block] of blocks.entries()) {
    const workingFolder = mkdtempSync(join(tmpdir(), 'molrl-docs-'));
    process.chdir(workingFolder);
    try {
      if (WITH_TENSORS.includes(group)) await closeDevice();
      const instrumented = instrumentBlock(block.code);
      const module = join(folder, `block${i}.ts`);
      const imports = await importsFor(group, block, instrumented.freeNames);
      writeFileSync(
        module,
        `${imports}const { check } = globalThis.molrlDocs;\n${instrumented.code}\nexport {};\n`,
      );
      await import(pathToFileURL(module).href);
      checks += instrumented.checks;
    } catch (error) {
      failures++;
      console.error(`${relative(repositoryRoot, block.file)}:${block.line}: ${describe(error)}`);
    }
    process.chdir(repositoryRoot);
    rmSync(workingFolder, { recursive: true, force: true });
  }
  process.stdout.write(
    `${group}: ${blocks.length - failures} blocks ran, ${checks} values agree, ${failures} failed\n`,
  );
  process.exit(failures === 0 ? 0 : 1); // a block may have left workers behind
}

/** A device is opened once per process, so the one of the block before has to go. */
async function closeDevice(): Promise<void> {
  const { findBackend, removeBackend } = await import('@tensorflow/tfjs-core');
  if (findBackend('molrl') != null) removeBackend('molrl');
}

function blocksOf(group: string): DocBlock[] {
  const read = (file: string): string => readFileSync(file, 'utf8');
  if (group !== 'repository') {
    const folder = join(packagesFolder, group);
    const readme = join(folder, 'README.md');
    const sources = filesUnder(join(folder, 'src')).filter((file) =>
      /(?<!\.test|\.test-d|\.bench)\.ts$/.test(file),
    );
    return [
      ...(existsSync(readme) ? markdownBlocks(readme, read(readme)) : []),
      ...sources.flatMap((file) => tsdocBlocks(file, read(file))),
    ];
  }
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    'examples/README.md',
    'bench/README.md',
    'conformance/README.md',
  ]
    .map((file) => join(repositoryRoot, file))
    .concat(filesUnder(join(repositoryRoot, 'docs')).filter((file) => file.endsWith('.md')))
    .filter((file) => existsSync(file));
  const scripts = filesUnder(join(repositoryRoot, 'scripts')).filter((file) =>
    /(?<!\.test)\.ts$/.test(file),
  );
  return [
    ...pages.flatMap((file) => markdownBlocks(file, read(file))),
    ...scripts.flatMap((file) => tsdocBlocks(file, read(file))),
  ];
}

function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * The names an `@example` may use without importing them: those of its package, of its own file and, where
 * tensors occur, of tfjs. The tensor packages also get a device, unless the block opens one itself.
 */
async function importsFor(
  group: string,
  block: DocBlock,
  freeNames: readonly string[],
): Promise<string> {
  const modules: string[] = [];
  const isMarkdown = block.file.endsWith('.md');
  if (!isMarkdown && group !== 'repository') modules.push(`@molrl/${group}`);
  if (!isMarkdown) modules.push(pathToFileURL(block.file).href);
  const lines: string[] = [];
  const found = new Set<string>();
  if (WITH_TENSORS.includes(group) && !isMarkdown)
    modules.push('@molrl/tensor-gpu', '@tensorflow/tfjs-core');
  for (const module of modules) {
    const exported = Object.keys((await import(module)) as object);
    const names = freeNames.filter(
      (name) => exported.includes(name) && !found.has(name) && !(name in globalThis),
    );
    for (const name of names) found.add(name);
    if (names.length > 0) lines.push(`import { ${names.join(', ')} } from '${module}';`);
  }
  if (modules.includes('@tensorflow/tfjs-core') && freeNames.includes('tf'))
    lines.push(`import * as tf from '@tensorflow/tfjs-core';`);
  if (
    !isMarkdown &&
    WITH_TENSORS.includes(group) &&
    group !== 'repository' &&
    !/openCpu|openDevice/.test(block.code)
  ) {
    lines.push(`import { openCpu as openDocDevice } from '@molrl/tensor-gpu';`);
    lines.push('await openDocDevice({ threads: 1 });');
  }
  return lines.map((line) => `${line}\n`).join('');
}

async function check(value: unknown, comment: string, line: number): Promise<void> {
  const literal = parseDocLiteral(comment);
  const plain = isTensor(value) ? await value.array() : value;
  const fault = literal === null ? `'${comment}' is no literal` : differs(literal, plain);
  if (fault !== null) throw new Error(`line ${line} of the block: ${fault}`);
}

function isTensor(value: unknown): value is { array(): Promise<unknown> } {
  return typeof value === 'object' && value !== null && 'dataId' in value && 'array' in value;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
}

await main();
