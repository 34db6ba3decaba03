import { registerBackend, setBackend } from '@tensorflow/tfjs-core';
import { globals } from 'webgpu';

/** Name under which tfjs's own back end is registered. */
export const TFJS_BACKEND = 'webgpu';

/** Opens tfjs-backend-webgpu on a device and makes it tfjs's current back end. */
export async function openTfjs(gpu: GPU, device: GPUDevice): Promise<void> {
  // it asks for WebGPU and its flags by a browser's global names; were they there before, it would open a device of its own
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu } });
  registerBackend(TFJS_BACKEND, () => new WebGPUBackend(device, device.adapterInfo));
  await setBackend(TFJS_BACKEND);
}
