/**
 * Tries kernels that this machine cannot run: records commands of every kernel on the AVX2 library (which the tests compare
 * with plain references), then replays them elsewhere and compares what they write.
 *
 *     pnpm kernels:replay     needs Linux x64 with AVX2, ziglang (see buildKernels.ts) and qemu-aarch64
 *
 * - `kernels-v3.so` on this machine: must give the recorded numbers
 * - the tiles and vectors of AVX-512, compiled for AVX2: the same C, other instructions
 * - `linux-arm64/kernels.so`, under qemu-aarch64
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBackend } from '../src/backend/backend.ts';
import { openDecoding } from '../src/backend/cpu/decode/openDecoding.ts';
import { CPU_BACKEND, CpuBackend } from '../src/backend/cpu/engine/cpuBackend.ts';
import { kernelIds, kernelTableHash } from '../src/backend/cpu/engine/kernelTable.ts';
import { createRuntime } from '../src/backend/cpu/engine/runtime.ts';
import { adamwCpu } from '../src/backend/cpu/kernels/adamw.ts';
import { cpuOps } from '../src/backend/cpu/kernels/cpuOps.ts';
import { registerTfjsKernels } from '../src/backend/cpu/kernels/registerTfjsKernels.ts';
import { registerGradients } from '../src/tape/registerGradients.ts';
import { COMMON, SHARED } from './kernelFlags.ts';
import { recordCommands } from './replay/recordCommands.ts';
import { everyKernel } from './replay/work.ts';

const root = join(import.meta.dirname, '..');
const kernelsDir = join(root, 'kernels');
const prebuild = (name: string): string => join(root, 'prebuilds', name);
const work = mkdtempSync(join(tmpdir(), 'molrl-replay-'));
let [passed, failed] = [0, 0];

function zig(out: string, args: readonly string[]): string {
  const python = process.env.PYTHON ?? 'python3';
  const path = join(work, out);
  const options = { cwd: work, encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync(
    python,
    ['-m', 'ziglang', 'cc', ...args, '-o', path],
    options,
  );
  if (status !== 0) throw new Error(`${out} could not be compiled:\n${stderr}`);
  return path;
}

/** The program that replays, static, for another processor or this one. */
const player = (target: string): string =>
  zig(`replay-${target}`, ['-target', `${target}-linux-musl`, '-static', '-O2', replaySource]);
const replaySource = join(import.meta.dirname, 'replay', 'replay.c');

/** The kernels with AVX-512's vector width, for a processor with AVX2. */
function wideKernels(): string {
  const sources = readdirSync(kernelsDir).filter((file) => file.endsWith('.c'));
  const table = join(work, 'table.c');
  const names = Object.keys(kernelIds);
  const declared = names.map((name) => `void k_${name}(void);`).join('\n');
  const listed = names.map((name) => `(Kernel)k_${name}`).join(', ');
  writeFileSync(
    table,
    `typedef void (*Kernel)(void);\n${declared}\nconst Kernel kernels[] = {${listed}};\n` +
      `__attribute__((visibility("default"))) unsigned kernel_table(void) { return ${kernelTableHash}u; }\n`,
  );
  const flags = `${COMMON} ${SHARED} -target x86_64-linux-gnu -mcpu=x86_64_v3 -DWIDE_VECTORS`.split(
    ' ',
  );
  const inputs = [...sources.map((file) => join(kernelsDir, file)), table];
  return zig('wide.so', [...flags, `-I${kernelsDir}`, ...inputs]);
}

function replay(title: string, command: readonly string[]): void {
  const [file = '', ...args] = command;
  const { stdout, stderr, error, signal } = spawnSync(file, args, { encoding: 'utf8' });
  const counts = /(\d+) passed, (\d+) failed/.exec(stdout ?? '');
  passed += Number(counts?.[1] ?? 0);
  failed += Number(counts?.[2] ?? 1);
  console.log(
    `${title}: ${counts ? stdout.trim() : (error?.message ?? `ended early: ${signal ?? stderr}`)}`,
  );
}

async function record(): Promise<string> {
  const recorder = recordCommands(createRuntime({ kernels: 'native', threads: 1 }));
  await registerTfjsKernels();
  await registerGradients();
  const device = new CpuBackend(recorder.cpu);
  await openBackend({
    ...{ name: CPU_BACKEND, device, fusedKernels: cpuOps },
    moments: (parameters) => adamwCpu(device, parameters),
    adopt: (weight) => device.adopt(weight),
    decoder: (model) => openDecoding(device, model),
    observe: (listener) => recorder.cpu.observe(listener),
  });
  await everyKernel();
  const missing = Object.keys(kernelIds).filter((name) => !recorder.seen().has(name));
  for (const name of missing)
    console.log(`${name} is run by nothing in scripts/replay/work.ts: add it there`);
  failed += missing.length;
  const file = join(work, 'recording');
  writeFileSync(file, recorder.recording());
  return file;
}

try {
  process.env.MOLRL_CPU = 'v3';
  const file = await record();
  const here = player('x86_64');
  replay('kernels-v3.so', [here, prebuild('linux-x64/kernels-v3.so'), file]);
  replay('the tiles of kernels-v4.so', [here, wideKernels(), file]);
  const arm = ['qemu-aarch64', player('aarch64'), prebuild('linux-arm64/kernels.so'), file];
  if (spawnSync('qemu-aarch64', ['--version']).error)
    console.log('linux-arm64: no qemu-aarch64 here');
  else replay('linux-arm64/kernels.so', arm);
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
