import type { CpuDevice } from '../backend/cpu/cpuDevice.ts';
import { type OpenCpuOptions, openCpu } from '../backend/cpu/openCpu.ts';
import {
  type OpenWebGpuOptions,
  openWebGpu,
  type WebGpuDevice,
} from '../backend/webgpu/openWebGpu.ts';
import { assertOneOf } from '../base/knownOptions.ts';

/** What `openDevice` can open. */
export const DEVICES = ['cpu', 'webgpu'] as const;
export type DeviceName = (typeof DEVICES)[number];

/**
 * Opens a device and makes it tfjs's current back end: from then on the fused ops, the tape, the optimizer and any tfjs
 * program run there. `'cpu'` is `openCpu`; `'webgpu'` is a GPU, in browsers or in Node with the package `webgpu`.
 *
 * Tensors of a GPU are read with `await tensor.data()`; `dataSync()` throws there.
 *
 * @throws {TensorGpuError} `missing` where there is no GPU, `backend` if that device is open already, `option` for another
 * name, and what `openCpu` throws.
 *
 * @example
 * const device = await openDevice('cpu', { threads: 1 });
 * const y = linear(ones([1, 2]), ones([3, 2]));
 * await y.data(); // Float32Array [2, 2, 2]
 * device.dispose();
 */
export function openDevice(name: 'cpu', options?: OpenCpuOptions): Promise<CpuDevice>;
export function openDevice(name: 'webgpu', options?: OpenWebGpuOptions): Promise<WebGpuDevice>;
export function openDevice(name: DeviceName): Promise<CpuDevice | WebGpuDevice>;
export async function openDevice(
  name: DeviceName,
  options: OpenCpuOptions | OpenWebGpuOptions = {},
): Promise<CpuDevice | WebGpuDevice> {
  assertOneOf('openDevice: name', name, DEVICES);
  // the overloads tie the options to the name
  return name === 'cpu'
    ? openCpu(options as OpenCpuOptions)
    : openWebGpu(options as OpenWebGpuOptions);
}
