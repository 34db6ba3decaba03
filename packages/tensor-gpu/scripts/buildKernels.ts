/**
 * Compiles `kernels/*.c` for every committed target into `prebuilds/` and writes, from
 * `src/backend/cpu/engine/descriptors.ts`, `kernels/descriptors.h` and `src/backend/cpu/engine/kernelTable.ts`.
 *
 *     pip install ziglang==0.17.1
 *     pnpm kernels                      rebuild; says which files changed
 *     pnpm kernels --check              rebuild elsewhere, compare bytes, exit 1 on a difference
 *     pnpm kernels x64/kernels-v3 wasm  only targets whose file has one of these in its path, while a kernel is being written
 *
 * The compiler is pinned because the bytes must be the same wherever they are built.
 */
import { execFile, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { descriptors, type WordKind } from '../src/backend/cpu/engine/descriptors.ts';
import { COMMON, SHARED } from './kernelFlags.ts';

const ZIG_VERSION = '0.17.1';
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const kernelsDir = join(root, 'kernels');

const wasm = (features: string): string =>
  `-target wasm32-freestanding -mcpu=generic+simd128+atomics+bulk_memory${features} -nostdlib -Wl,--no-entry ` +
  '-Wl,-z,stack-size=65536 -Wl,--import-memory -Wl,--shared-memory -Wl,--max-memory=4294901760 -Wl,--export=__stack_pointer';

/** File in `prebuilds/` -> flags. */
const TARGETS: Readonly<Record<string, string>> = {
  'wasm/simd.wasm': wasm(''),
  'wasm/relaxed.wasm': wasm('+relaxed_simd'),
  'linux-x64/kernels-v3.so': `-target x86_64-linux-gnu -mcpu=x86_64_v3 ${SHARED} -Wl,-z,defs`,
  'linux-x64/kernels-v4.so': `-target x86_64-linux-gnu -mcpu=x86_64_v4 -mprefer-vector-width=512 ${SHARED} -Wl,-z,defs`,
  'linux-arm64/kernels.so': `-target aarch64-linux-gnu ${SHARED} -Wl,-z,defs`,
  'darwin-x64/kernels-v3.dylib': `-target x86_64-macos -mcpu=x86_64_v3 ${SHARED}`,
  'darwin-arm64/kernels.dylib': `-target aarch64-macos ${SHARED}`,
  // mingw's start files need unwind tables, and a DLL needs its entry: no -nostdlib
  'win32-x64/kernels-v3.dll':
    '-target x86_64-windows-gnu -mcpu=x86_64_v3 -shared -funwind-tables -fasynchronous-unwind-tables',
};

function fail(message: string): never {
  process.stderr.write(`buildKernels: ${message}\n`);
  process.exit(1);
}

function zig(python: string, args: string[]): { ok: boolean; text: string } {
  // zig leaves object files where it runs
  const options = { encoding: 'utf8', cwd: tmpdir() } as const;
  const run = spawnSync(python, ['-m', 'ziglang', ...args], options);
  return { ok: run.status === 0, text: `${run.stdout ?? ''}${run.stderr ?? ''}` };
}

/** The first Python that has the compiler: a package manager may put another one in front of it on PATH. */
function findPython(): string {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'python3'));
  for (const python of [process.env.PYTHON ?? 'python3', ...onPath]) {
    if (zig(python, ['version']).text.trim() === ZIG_VERSION) return python;
  }
  return fail(
    `needs ziglang ${ZIG_VERSION} in the python3 on PATH or in PYTHON. Run: pip install ziglang==${ZIG_VERSION}`,
  );
}

/** FNV-1a over all that is compiled, flags included: a library of other sources must not be called. */
function tableHash(texts: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(texts.join('\0'))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

const hex = (hash: number): string => hash.toString(16).padStart(8, '0');

function tableSource(names: string[], hash: number): string {
  return [
    '#include "kernel.h"',
    'typedef void (*Kernel)(u8 *heap, const u32 *d, u32 chunk, u8 *scratch);',
    ...names.map(
      (name) => `void k_${name}(u8 *heap, const ${name}Words *d, u32 chunk, u8 *scratch);`,
    ),
    `const Kernel kernels[] = {${names.map((name) => `(Kernel)k_${name}`).join(', ')}};`,
    `EXPORT_AS("kernel_table") u32 kernel_table(void) { return ${hash}u; }`,
    // the same to be found in a file that cannot be run here
    `__attribute__((used, visibility("default"))) const char kernel_stamp[] = "molrl kernels ${hex(hash)}";`,
    '',
  ].join('\n');
}

const C_WORDS: Record<WordKind, (name: string) => string> = {
  offset: (name) => `u32 ${name};`,
  address: (name) => `address ${name};`,
  u32: (name) => `u32 ${name};`,
  f32: (name) => `f32 ${name};`,
  'u32[5]': (name) => `u32 ${name}[5];`,
  'u32[]': (name) => `u32 ${name}[];`,
};

/** One struct per kernel: the words of its command. */
function descriptorHeader(): string {
  const structs = Object.entries(descriptors).map(([kernel, words]) => {
    const fields = Object.entries<WordKind>(words).map(([name, kind]) => C_WORDS[kind](name));
    return `typedef struct {\n  ${fields.join('\n  ')}\n} ${kernel}Words;\n`;
  });
  const head =
    '// Generated by scripts/buildKernels.ts from src/backend/cpu/engine/descriptors.ts. Do not edit.\n#pragma once\n';
  return `${head}\n${structs.join('\n')}`;
}

function tableModule(names: string[], hash: number): string {
  const entries = names.map((name, id) => `  ${name}: ${id},`).join('\n');
  return `// Generated by scripts/buildKernels.ts from kernels/*.c. Do not edit.

import type { KernelName } from './descriptors.ts';

/** Kernel ids: the position in the alphabetical list of \`KERNEL(name)\`. */
export const kernelIds: Readonly<Record<KernelName, number>> = {
${entries}
};

/** Hash of all sources and flags: a library built from others is refused. */
export const kernelTableHash = 0x${hex(hash)};
`;
}

/** Replaces a file at once, so that a reader never sees half of it; says whether its bytes changed. */
function replaceFile(path: string, bytes: Buffer): boolean {
  if (existsSync(path) && readFileSync(path).equals(bytes)) return false;
  mkdirSync(dirname(path), { recursive: true });
  const next = `${path}.${process.pid}`;
  writeFileSync(next, bytes);
  renameSync(next, path);
  return true;
}

const readSource = (file: string): string => readFileSync(join(kernelsDir, file), 'utf8');

/** Names of `KERNEL(name)`, which must be those that descriptors.ts describes. */
function kernelNames(sources: readonly string[]): string[] {
  const names = sources
    .flatMap((file) => [...readSource(file).matchAll(/^KERNEL\((\w+)\)/gm)])
    .map((match) => match[1] ?? '')
    .sort();
  const described = Object.keys(descriptors).sort();
  if (described.join() !== names.join())
    fail(`descriptors.ts describes ${described}, kernels/*.c have ${names}: make them one list.`);
  return names;
}

const compile = promisify(execFile);

/** Builds the targets, as many at a time as there are cores. */
async function build(
  python: string,
  files: readonly string[],
  { work, inputs }: { work: string; inputs: readonly string[] },
): Promise<Map<string, Buffer>> {
  const built = new Map<string, Buffer>();
  const waiting = [...files];
  const worker = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const out = join(work, basename(dirname(file)) + basename(file));
      const flags = `${COMMON} ${TARGETS[file]}`.split(' ');
      // a Mach-O library has its own path inside: without a name the random folder that it is built in
      if (file.endsWith('.dylib')) flags.push(`-Wl,-install_name,@rpath/${basename(file)}`);
      const args = ['-m', 'ziglang', 'cc', ...flags, `-I${kernelsDir}`, '-o', out, ...inputs];
      try {
        await compile(python, args, { cwd: tmpdir() }); // zig leaves object files where it runs
      } catch (error) {
        fail(`${file}:\n${(error as { stderr?: string }).stderr ?? error}`); // execFile's errors have it
      }
      built.set(file, readFileSync(out));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return built;
}

/** The targets asked for: all, or those whose path contains one of the words. */
function targetsOf(words: readonly string[]): string[] {
  const all = Object.keys(TARGETS);
  for (const word of words)
    if (!all.some((file) => file.includes(word)))
      fail(`no target has '${word}' in its path. There are ${all.join(', ')}.`);
  return words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)));
}

async function main(): Promise<void> {
  const args = process.argv.slice(2).filter((argument) => argument !== '--');
  const check = args.includes('--check');
  const files = targetsOf(args.filter((argument) => argument !== '--check'));
  const python = findPython();
  const sources = readdirSync(kernelsDir)
    .filter((file) => file.endsWith('.c'))
    .sort();
  const headers = readdirSync(kernelsDir).filter(
    (file) => file.endsWith('.h') && file !== 'descriptors.h',
  );
  const names = kernelNames(sources);
  const texts = [...sources, ...headers.sort()].flatMap((file) => [file, readSource(file)]);
  const flags = Object.entries(TARGETS).flat();
  const hash = tableHash([ZIG_VERSION, COMMON, ...flags, descriptorHeader(), ...texts]);

  const work = mkdtempSync(join(tmpdir(), 'molrl-kernels-'));
  const changed: string[] = [];
  const publish = (path: string, bytes: Buffer): void => {
    const name = path.slice(root.length + 1);
    const differs = check
      ? !existsSync(path) || !readFileSync(path).equals(bytes)
      : replaceFile(path, bytes);
    process.stdout.write(`${differs ? 'changed' : 'same   '} ${name} ${bytes.length} bytes\n`);
    if (differs) changed.push(name);
  };
  try {
    publish(join(kernelsDir, 'descriptors.h'), Buffer.from(descriptorHeader()));
    writeFileSync(join(work, 'table.c'), tableSource(names, hash));
    const inputs = [...sources.map((file) => join(kernelsDir, file)), join(work, 'table.c')];
    const built = await build(python, files, { work, inputs });
    for (const file of files) publish(join(root, 'prebuilds', file), built.get(file)!); // all were built
    publish(
      join(root, 'src/backend/cpu/engine/kernelTable.ts'),
      Buffer.from(tableModule(names, hash)),
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  if (check && changed.length > 0)
    fail(`${changed.length} files differ from a rebuild. Run pnpm kernels and commit them.`);
}

await main();
