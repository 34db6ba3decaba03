import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { TensorGpuError } from '../../../base/errors.ts';
import { type Koffi, loadKoffi } from '../../../weights/koffi.ts';
import { type CpuLevel, nativeFile } from './nativeFile.ts';
import { prebuild } from './prebuild.ts';
import { type WasmMemory, wasm } from './wasm.ts';
import { bindWasm, checkTable, type Library } from './wasmLibrary.ts';

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
  const drain = library.func('void drain_queue(uint64_t heap, uint32_t control, uint32_t scratch)');
  return {
    kind: 'native',
    name: file.slice(file.lastIndexOf('kernels')),
    base,
    // biome-ignore lint/complexity/useMaxParams: signature of kernels/pool.c
    runProgram: (control, program, count, threads, scratch) => {
      run(base, control, program, count, threads, scratch);
    },
    drainQueue: (control, scratch) => {
      drain(base, control, scratch);
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
  return bindWasm({ name, module }, { memory, stack });
}

/** Node 20 has relaxed SIMD behind a flag; later versions know no such flag and print an error when it is set. */
function isSupported(bytes: Uint8Array, relaxed: boolean): boolean {
  if (wasm.validate(bytes)) return true;
  if (!relaxed || !process.versions.node.startsWith('20.')) return false;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  return wasm.validate(bytes);
}
