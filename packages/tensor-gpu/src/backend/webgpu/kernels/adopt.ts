import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { MappedTensor } from '../../../weights/mappedTensor.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';

/**
 * A frozen weight in the device's memory as its file has it: products, the head and `embedding` widen its numbers in their
 * registers. One that the device does not bind as a whole is widened here, as it is read in parts.
 */
export function adoptWebGpu(backend: WebGpuBackend, weight: MappedTensor): TensorInfo {
  const { shape, dtype, byteLength } = weight;
  if (dtype === 'f32' || byteLength > 4 * backend.mostElements)
    return backend.makeTensorInfo([...shape], 'float32', weight.dataSync());
  const { bytes, release } = weight.hold();
  try {
    return backend.adoptStored(bytes(), shape, dtype);
  } finally {
    release(); // the device has its own copy
  }
}
