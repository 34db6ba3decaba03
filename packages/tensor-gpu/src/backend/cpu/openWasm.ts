import { knownOptions } from '../../base/knownOptions.ts';
import { assertClosed, type CpuDevice, registerCpu } from './cpuDevice.ts';
import { type BrowserRuntimeOptions, createBrowserRuntime } from './engine/browserRuntime.ts';

/** Options of `openDevice('cpu', …)` in a browser. */
export type OpenWasmOptions = BrowserRuntimeOptions;

/**
 * The CPU engine in a browser: the WebAssembly kernels that Node has, on the calling thread and, where the page is
 * cross-origin isolated, on others over the same memory, with the same bits. Call it in a worker, or the page stands still
 * while it computes.
 */
export async function openWasm(options: OpenWasmOptions): Promise<CpuDevice> {
  const given = knownOptions('openDevice', options, ['kernels', 'threads', 'maxBytes']);
  assertClosed('openDevice');
  return registerCpu(await createBrowserRuntime(given));
}
