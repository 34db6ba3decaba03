import {
  type OpenWebGpuOptions,
  openWebGpu,
  type WebGpuDevice,
} from '../backend/webgpu/openWebGpu.ts';
import { TensorGpuError } from '../base/errors.ts';

/**
 * `openDevice` in a browser: `'webgpu'` is the one device there; the CPU engine needs Node.
 *
 * @throws {TensorGpuError} `option` for another name, and what `openDevice` throws.
 */
export async function openDevice(
  name: 'webgpu',
  options?: OpenWebGpuOptions,
): Promise<WebGpuDevice> {
  if (name !== 'webgpu')
    throw new TensorGpuError(
      'option',
      `openDevice: name must be 'webgpu' in a browser, got '${name}'. The CPU engine runs in Node.`,
    );
  return openWebGpu(options);
}
