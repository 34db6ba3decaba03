import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Work } from './work.ts';

/** What this machine can do at most with the given number of threads. */
export interface MachineLimit {
  /** Sustained fused multiply-adds in registers, GFLOP/s, with the widest vectors. */
  gflops: number;
  /** Bits of those vectors. */
  vectorBits: 256 | 512;
  /** Best of reading, copying and triad over large arrays, GB/s, per processor second: what the bus gives at most. */
  gbPerSecond: number;
}

interface Fma {
  fma256_gflops: number;
  fma512_gflops: number;
}

interface Stream {
  cpu_read: number;
  cpu_copy: number;
  cpu_triad: number;
}

const folder = dirname(fileURLToPath(import.meta.url));
const buildFolder = join(folder, '..', '.molrl', 'bench');

/**
 * Measures the peak of multiply-adds and the memory bandwidth with two small C programs, compiled by `cc`
 * or by ziglang. `null` where there is no compiler or no AVX2.
 */
export function machineLimit(threads: number): MachineLimit | null {
  const fma = runC('fmaPeak', ['-O3'], threads) as Fma | null;
  const stream = runC('stream', ['-O3', '-march=native'], threads) as Stream | null;
  if (fma === null || stream === null) return null;
  const gbPerSecond = Math.max(stream.cpu_read, stream.cpu_copy, stream.cpu_triad);
  const wide = fma.fma512_gflops > fma.fma256_gflops; // 0 without AVX-512
  return {
    gflops: wide ? fma.fma512_gflops : fma.fma256_gflops,
    vectorBits: wide ? 512 : 256,
    gbPerSecond,
  };
}

function runC(name: string, flags: string[], threads: number): unknown {
  const source = join(folder, 'machine', `${name}.c`);
  const version = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 8);
  const binary = join(buildFolder, `${name}-${version}`);
  mkdirSync(buildFolder, { recursive: true });
  const compilers = [['cc'], ['python3', '-m', 'ziglang', 'cc']] as const;
  for (const [command, ...first] of compilers) {
    if (existsSync(binary)) break;
    spawnSync(command, [...first, ...flags, '-pthread', source, '-o', binary]);
  }
  if (!existsSync(binary)) return null;
  const { status, stdout } = spawnSync(binary, [String(threads)], { encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout) : null;
}

/** Seconds that `work` takes at least, or `null` when nothing bounds it (it fits the caches). */
export function leastSeconds(work: Work, limit: MachineLimit): number | null {
  const seconds = Math.max(
    work.flops / (limit.gflops * 1e9),
    work.bytes / (limit.gbPerSecond * 1e9),
  );
  return seconds > 0 ? seconds : null;
}
