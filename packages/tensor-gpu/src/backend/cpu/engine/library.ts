import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { TensorGpuError } from '../../../base/errors.ts';
import { type Koffi, loadKoffi } from '../../../weights/koffi.ts';
import { kernelTableHash } from './kernelTable.ts';
import { type CpuLevel, nativeFile } from './nativeFile.ts';
import { prebuild } from './prebuild.ts';
import { type WasmMemory, type WasmModule, wasm } from './wasm.ts';

/** Plays `count` commands at heap offset `program`. */
// biome-ignore lint/complexity/useMaxParams: signature of kernels/pool.c
export type RunProgram = (
  control: number,
  program: number,
  count: number,
  threads: number,
  scratch: number,
) => void;

/** What a worker thread needs to enter the same kernels. */
export type WorkerLibrary =
  | { kind: 'native'; koffi: string; file: string; base: number }
  | { kind: 'wasm'; module: WasmModule };

/** Compiled kernels, bound to a heap. */
export interface Library {
  kind: 'native' | 'wasm';
  /** File name of the prebuild, e.g. `kernels-v3.so`. */
  name: string;
  /** Absolute address of the heap; 0 in WebAssembly. */
  base: number;
  runProgram: RunProgram;
  /** Asks the system for huge pages under a part of the heap (native on Linux; else nothing). */
  useHugePages: (from: number, to: number) => void;
  forWorker: WorkerLibrary;
}

/**
 * Native kernels, through koffi.
 *
 * @param forced - Instead of the widest that the processor has.
 * @throws {TensorGpuError} `native` with the reason why they cannot be used here, `option` for what `MOLRL_CPU` cannot have.
 */
export function loadNative(memory: WasmMemory, forced?: CpuLevel): Library {
  let loaded: { koffi: Koffi; path: string };
  try {
    loaded = loadKoffi();
  } catch (cause) {
    throw new TensorGpuError(
      'native',
      "openCpu: kernels: 'native' needs the package koffi, which cannot be loaded. Run npm install koffi, or use kernels: 'wasm'.",
      { cause },
    );
  }
  const { koffi } = loaded;
  const file = nativeFile({
    forced,
    levelOf: (path) => Number(koffi.load(path).func('uint32_t cpu_level()')()),
  });
  const library = koffi.load(file);
  checkTable(file, Number(library.func('uint32_t kernel_table()')()));
  const base = Number(koffi.address(new Uint8Array(memory.buffer)));
  const useHugePages = library.func(
    'void use_huge_pages(uint64_t heap, uint32_t from, uint32_t to)',
  );
  const run = library.func(
    'void run_program(uint64_t heap, uint32_t control, uint32_t program, uint32_t count, uint32_t threads, uint32_t scratch)',
  );
  return {
    kind: 'native',
    name: file.slice(file.lastIndexOf('kernels')),
    base,
    // biome-ignore lint/complexity/useMaxParams: signature of kernels/pool.c
    runProgram: (control, program, count, threads, scratch) => {
      run(base, control, program, count, threads, scratch);
    },
    useHugePages: (from, to) => {
      useHugePages(base, from, to);
    },
    forWorker: { kind: 'native', koffi: loaded.path, file, base },
  };
}

/** WebAssembly kernels: with fused multiply-add (relaxed SIMD) where the engine has it, else plain 128-bit SIMD. */
export function loadWasm(
  memory: WasmMemory,
  stack: number,
  candidates: readonly string[] = ['relaxed.wasm', 'simd.wasm'],
): Library {
  const name = candidates.find((candidate) => {
    const file = prebuild(`wasm/${candidate}`);
    return file !== undefined && isSupported(readFileSync(file), candidate === 'relaxed.wasm');
  });
  const file = name === undefined ? undefined : prebuild(`wasm/${name}`);
  if (name === undefined || file === undefined)
    throw new TensorGpuError(
      'prebuild',
      'openCpu: the WebAssembly kernels (prebuilds/wasm) are missing or this engine has no SIMD. Reinstall @molrl/tensor-gpu, or use Node 20.19 or later.',
    );
  const module = new wasm.Module(readFileSync(file));
  const { exports } = new wasm.Instance(module, { env: { memory } });
  const run = exports.run_program as (heap: number, ...rest: number[]) => void; // signature of kernels/pool.c
  checkTable(file, (exports.kernel_table as () => number)() >>> 0);
  (exports.__stack_pointer as { value: number }).value = stack;
  return {
    kind: 'wasm',
    name,
    base: 0,
    // biome-ignore lint/complexity/useMaxParams: signature of kernels/pool.c
    runProgram: (control, program, count, threads, scratch) => {
      run(0, control, program, count, threads, scratch);
    },
    useHugePages: () => undefined,
    forWorker: { kind: 'wasm', module },
  };
}

/** Node 20 has relaxed SIMD behind a flag; later versions know no such flag and print an error when it is set. */
function isSupported(bytes: Uint8Array, relaxed: boolean): boolean {
  if (wasm.validate(bytes)) return true;
  if (!relaxed || !process.versions.node.startsWith('20.')) return false;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  return wasm.validate(bytes);
}

function checkTable(file: string, hash: number): void {
  if (hash !== kernelTableHash)
    throw new TensorGpuError(
      'prebuild',
      `openCpu: ${file} was built from other sources (table ${hash.toString(16)}, expected ${kernelTableHash.toString(16)}). Reinstall @molrl/tensor-gpu; in its repository run pnpm kernels.`,
    );
}
