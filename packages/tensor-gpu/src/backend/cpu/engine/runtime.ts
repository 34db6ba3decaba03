import { availableParallelism } from 'node:os';
import { env } from 'node:process';
import { TensorGpuError } from '../../../base/errors.ts';
import { checkedLibrary } from './checkedLibrary.ts';
import { type CpuRuntime, cpuRuntime } from './cpuRuntime.ts';
import { Heap } from './heap.ts';
import { loadNative, loadWasm } from './library.ts';
import { Pool } from './pool.ts';
import { threadCount } from './threadCount.ts';
import { STACK_BYTES } from './threadMemory.ts';
import type { Library } from './wasmLibrary.ts';

/** Options of {@link createRuntime}. */
export interface CpuRuntimeOptions {
  /** Threads that compute, the calling one included. Default: the cores available, at most 16. */
  threads?: number | undefined;
  /** `auto` (default): native where koffi and the processor allow it, else WebAssembly. */
  kernels?: 'auto' | 'native' | 'wasm' | undefined;
  /** The heap never grows beyond this. Default and maximum 4 GiB less one page. */
  maxBytes?: number | undefined;
}

/**
 * Opens heap, kernels and worker threads.
 * @throws {TensorGpuError} `option` for bad options, `native` when `kernels: 'native'` cannot be had, `out-of-memory`.
 */
export function createRuntime(options: CpuRuntimeOptions = {}): CpuRuntime {
  const { kernels = 'auto' } = options;
  const threads = threadCount(options.threads, availableParallelism());
  if (!['auto', 'native', 'wasm'].includes(kernels))
    throw new TensorGpuError(
      'option',
      `openCpu: kernels must be 'auto', 'native' or 'wasm', got '${kernels}'.`,
    );
  const heap = new Heap({ maxBytes: options.maxBytes });
  const stack = heap.alloc(STACK_BYTES, 'threads') + STACK_BYTES;
  const library = openLibrary(kernels, heap, stack);
  heap.onGrow = library.useHugePages;
  library.useHugePages(0, heap.usage().reserved);
  return cpuRuntime(heap, library, new Pool(heap, library.forWorker, threads));
}

function openLibrary(kernels: 'auto' | 'native' | 'wasm', heap: Heap, stack: number): Library {
  if (kernels === 'wasm') return loadWasm(heap.memory, stack);
  try {
    return openNative(heap);
  } catch (error) {
    const unsupported = error instanceof TensorGpuError && error.code === 'native';
    if (kernels === 'native' || !unsupported) throw error;
    return loadWasm(heap.memory, stack);
  }
}

/** The AVX-512 kernels are compared with the AVX2 ones on the machine itself: few machines that build and test them have it. */
function openNative(heap: Heap): Library {
  const library = loadNative(heap.memory);
  if (!library.name.startsWith('kernels-v4')) return library;
  const reference = loadNative(heap.memory, 'v3');
  return checkedLibrary(heap, library, { reference, forced: Boolean(env.MOLRL_CPU) });
}
