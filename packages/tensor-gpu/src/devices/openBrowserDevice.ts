import type { CpuDevice } from '../backend/cpu/cpuDevice.ts';
import { type OpenWasmOptions, openWasm } from '../backend/cpu/openWasm.ts';
import {
  type OpenWebGpuOptions,
  openWebGpu,
  type WebGpuDevice,
} from '../backend/webgpu/openWebGpu.ts';
import { TensorGpuError } from '../base/errors.ts';

/**
 * `openDevice` in a browser: `'webgpu'`, or `'cpu'` with the addresses of the WebAssembly kernels, which only the bundler
 * knows: `import relaxed from '@molrl/tensor-gpu/relaxed.wasm?url'` in Vite, `new URL(…, import.meta.url)` in webpack.
 *
 * @throws {TensorGpuError} `option` for another name, `prebuild` if no kernels are found that run here, and what
 * `openDevice` of Node throws.
 */
export function openDevice(name: 'cpu', options: OpenWasmOptions): Promise<CpuDevice>;
export function openDevice(name: 'webgpu', options?: OpenWebGpuOptions): Promise<WebGpuDevice>;
export async function openDevice(
  name: 'cpu' | 'webgpu',
  options?: OpenWasmOptions | OpenWebGpuOptions,
): Promise<CpuDevice | WebGpuDevice> {
  // the overloads tie the options to the name
  if (name === 'webgpu') return openWebGpu(options as OpenWebGpuOptions);
  if (name === 'cpu') return openWasm(options as OpenWasmOptions);
  throw new TensorGpuError(
    'option',
    `openDevice: name must be 'webgpu' or 'cpu' in a browser, got '${String(name)}'.`,
  );
}
