import { TensorGpuError } from '../../../base/errors.ts';
import { kernelTableHash } from './kernelTable.ts';
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
  /** Helps with the queue's commands until all are done. */
  drainQueue(control: number, scratch: number): void;
  /** Asks the system for huge pages under a part of the heap (native on Linux; else nothing). */
  useHugePages: (from: number, to: number) => void;
  forWorker: WorkerLibrary;
}

/** A compiled module, and where it is from. */
export interface WasmCode {
  /** File name, e.g. `relaxed.wasm`. */
  name: string;
  module: WasmModule;
}

/** Instantiates WebAssembly kernels on a heap. @param stack - Heap offset of the end of their stack. */
export function bindWasm(
  { name, module }: WasmCode,
  { memory, stack }: { memory: WasmMemory; stack: number },
): Library {
  const { exports } = new wasm.Instance(module, { env: { memory } });
  const run = exports.run_program as (heap: number, ...rest: number[]) => void; // signature of kernels/pool.c
  const drain = exports.drain_queue as (heap: number, control: number, scratch: number) => void; // likewise
  checkTable(name, (exports.kernel_table as () => number)() >>> 0);
  (exports.__stack_pointer as { value: number }).value = stack;
  return {
    kind: 'wasm',
    name,
    base: 0,
    // biome-ignore lint/complexity/useMaxParams: signature of kernels/pool.c
    runProgram: (control, program, count, threads, scratch) => {
      run(0, control, program, count, threads, scratch);
    },
    drainQueue: (control, scratch) => drain(0, control, scratch),
    useHugePages: () => undefined,
    forWorker: { kind: 'wasm', module },
  };
}

/** Kernels and the words that this package writes for them must be of the same sources. */
export function checkTable(file: string, hash: number): void {
  if (hash !== kernelTableHash)
    throw new TensorGpuError(
      'prebuild',
      `openCpu: ${file} was built from other sources (table ${hash.toString(16)}, expected ${kernelTableHash.toString(16)}). Reinstall @molrl/tensor-gpu; in its repository run pnpm kernels.`,
    );
}
