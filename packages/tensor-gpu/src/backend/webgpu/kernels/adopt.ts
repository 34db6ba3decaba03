import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { MappedTensor } from '../../../weights/mappedTensor.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';

/** A frozen weight in the device's memory, widened to float32 (16-bit and quantized kernels are not written yet). */
export function adoptWebGpu(backend: WebGpuBackend, weight: MappedTensor): TensorInfo {
  return backend.makeTensorInfo([...weight.shape], 'float32', weight.dataSync());
}
