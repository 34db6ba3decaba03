import { TensorGpuError } from '../../../base/errors.ts';
import { openBrowserPool } from './browserPool.ts';
import { type CpuRuntime, cpuRuntime } from './cpuRuntime.ts';
import { Heap } from './heap.ts';
import { STACK_BYTES } from './threadMemory.ts';
import { wasm } from './wasm.ts';
import { bindWasm, type WasmCode } from './wasmLibrary.ts';

/** Options of {@link createBrowserRuntime}. */
export interface BrowserRuntimeOptions {
  /** Addresses of compiled kernels, best first: the first that this browser can run is used. */
  kernels: string | URL | readonly (string | URL)[];
  /** Threads that compute, the calling one included. Default: the cores that the browser tells, at most 16. */
  threads?: number | undefined;
  /** The heap never grows beyond this. Default and maximum 4 GiB less one page. */
  maxBytes?: number | undefined;
}

/**
 * Fetches WebAssembly kernels, opens a heap for them and starts worker threads, where the page may have some.
 *
 * @throws {TensorGpuError} `option` for bad options, `prebuild` if no address holds kernels that this browser can run, `out-of-memory`.
 */
export async function createBrowserRuntime(options: BrowserRuntimeOptions): Promise<CpuRuntime> {
  const { kernels, maxBytes, threads } = options;
  const code = await firstSupported([kernels].flat());
  const heap = new Heap({ maxBytes });
  const stack = heap.alloc(STACK_BYTES, 'threads') + STACK_BYTES;
  const library = bindWasm(code, { memory: heap.memory, stack });
  return cpuRuntime(heap, library, await openBrowserPool(heap, library.forWorker, threads));
}

async function firstSupported(addresses: readonly (string | URL)[]): Promise<WasmCode> {
  const faults: string[] = [];
  for (const address of addresses) {
    const bytes = await fetched(address).catch((error: Error) => error.message);
    if (typeof bytes === 'string') faults.push(bytes);
    else if (wasm.validate(bytes)) return { name: nameOf(address), module: new wasm.Module(bytes) };
    else faults.push(`${address} is no WebAssembly that this browser can run`);
  }
  throw new TensorGpuError(
    'prebuild',
    `openDevice: kernels must name the files relaxed.wasm and simd.wasm of @molrl/tensor-gpu as your bundler serves them. ${faults.join('; ') || 'None was given'}.`,
  );
}

async function fetched(address: string | URL): Promise<Uint8Array> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** `https://host/assets/relaxed-1a2b.wasm?v=1` -> `relaxed-1a2b.wasm`; of a data: URL its kind. */
function nameOf(address: string | URL): string {
  return /[^/]+\.wasm/.exec(String(address))?.[0] ?? 'kernels.wasm';
}
