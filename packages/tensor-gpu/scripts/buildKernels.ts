/**
 * Compiles `kernels/*.c` for every committed target into `prebuilds/` and writes, from
 * `src/backend/cpu/engine/descriptors.ts`, `kernels/descriptors.h` and `src/backend/cpu/engine/kernelTable.ts`.
 *
 *     pip install ziglang==0.17.1
 *     pnpm kernels                      rebuild; says which files changed
 *     pnpm kernels --check              rebuild elsewhere, compare bytes, exit 1 on a difference
 *     pnpm kernels --all                also the targets that are not committed yet (arm64, macOS, Windows, AVX-512)
 *
 * The compiler is pinned because the bytes must be the same wherever they are built.
 */
import { spawnSync } from 'node:child_process';
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
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { descriptors, type WordKind } from '../src/backend/cpu/engine/descriptors.ts';

const ZIG_VERSION = '0.17.1';
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const kernelsDir = join(root, 'kernels');

const COMMON =
  '-std=c11 -O3 -ffreestanding -fno-builtin-memcpy -ffp-contract=off -fno-math-errno -fno-trapping-math -fwrapv ' +
  '-fno-strict-aliasing -fno-delete-null-pointer-checks -fno-stack-protector -fno-sanitize=all -fvisibility=hidden ' +
  '-fno-unwind-tables -fno-asynchronous-unwind-tables -Wall -Werror -s';
const SHARED = '-shared -fPIC -nostdlib';
const wasm = (features: string): string =>
  `-target wasm32-freestanding -mcpu=generic+simd128+atomics+bulk_memory${features} -nostdlib -Wl,--no-entry ` +
  '-Wl,-z,stack-size=65536 -Wl,--import-memory -Wl,--shared-memory -Wl,--max-memory=4294901760 -Wl,--export=__stack_pointer';

interface Target {
  file: string;
  flags: string;
  committed: boolean;
}
const TARGETS: Target[] = [
  { file: 'wasm/simd.wasm', flags: wasm(''), committed: true },
  { file: 'wasm/relaxed.wasm', flags: wasm('+relaxed_simd'), committed: true },
  {
    file: 'linux-x64/kernels-v3.so',
    flags: `-target x86_64-linux-gnu -mcpu=x86_64_v3 ${SHARED} -Wl,-z,defs`,
    committed: true,
  },
  {
    file: 'linux-x64/kernels-v4.so',
    flags: `-target x86_64-linux-gnu -mcpu=x86_64_v4 -mprefer-vector-width=512 ${SHARED} -Wl,-z,defs`,
    committed: false,
  },
  {
    file: 'linux-arm64/kernels.so',
    flags: `-target aarch64-linux-gnu ${SHARED} -Wl,-z,defs`,
    committed: false,
  },
  {
    file: 'darwin-x64/kernels-v3.dylib',
    flags: `-target x86_64-macos -mcpu=x86_64_v3 ${SHARED}`,
    committed: false,
  },
  {
    file: 'darwin-arm64/kernels.dylib',
    flags: `-target aarch64-macos ${SHARED}`,
    committed: false,
  },
  {
    file: 'win32-x64/kernels-v3.dll',
    // mingw's start files need unwind tables, and a DLL needs its entry: no -nostdlib
    flags:
      '-target x86_64-windows-gnu -mcpu=x86_64_v3 -shared -funwind-tables -fasynchronous-unwind-tables',
    committed: false,
  },
];

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

/** FNV-1a over the kernels and their words: a library of other ones must not be called. */
function tableHash(header: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(header)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

function tableSource(names: string[], hash: number): string {
  return [
    '#include "kernel.h"',
    'typedef void (*Kernel)(u8 *heap, const u32 *d, u32 chunk, u8 *scratch);',
    ...names.map(
      (name) => `void k_${name}(u8 *heap, const ${name}Words *d, u32 chunk, u8 *scratch);`,
    ),
    `const Kernel kernels[] = {${names.map((name) => `(Kernel)k_${name}`).join(', ')}};`,
    `EXPORT_AS("kernel_table") u32 kernel_table(void) { return ${hash}u; }`,
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

/** Hash of the table: a library built from other sources is refused. */
export const kernelTableHash = 0x${hash.toString(16).padStart(8, '0')};
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

function main(): void {
  const options = new Set(process.argv.slice(2).filter((option) => option !== '--'));
  const python = findPython();
  const sources = readdirSync(kernelsDir)
    .filter((file) => file.endsWith('.c'))
    .sort();
  const names = sources
    .flatMap((file) => [
      ...readFileSync(join(kernelsDir, file), 'utf8').matchAll(/^KERNEL\((\w+)\)/gm),
    ])
    .map((match) => match[1] ?? '')
    .sort();
  const hash = tableHash(descriptorHeader());
  const described = Object.keys(descriptors).sort();
  if (described.join() !== names.join())
    fail(`descriptors.ts describes ${described}, kernels/*.c have ${names}: make them one list.`);

  const work = mkdtempSync(join(tmpdir(), 'molrl-kernels-'));
  const changed: string[] = [];
  const check = options.has('--check');
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
    const built = TARGETS.filter((target) => target.committed || options.has('--all')).map(
      (target) => {
        const out = join(work, basename(dirname(target.file)) + basename(target.file));
        const flags = `${COMMON} ${target.flags}`.split(' ');
        const run = zig(python, ['cc', ...flags, `-I${kernelsDir}`, '-o', out, ...inputs]);
        if (!run.ok) fail(`${target.file}:\n${run.text}`);
        return { path: join(root, 'prebuilds', target.file), bytes: readFileSync(out) };
      },
    );
    for (const { path, bytes } of built) publish(path, bytes);
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

main();
