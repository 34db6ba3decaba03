import { engine, type Tensor, type TensorInfo, type Variable } from '@tensorflow/tfjs-core';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';

/** Gives a parameter memory of its own: clones and saved tensors must keep their old values. */
export function ownMemory(backend: WebGpuBackend, parameter: Variable): TensorInfo {
  if (backend.refCount(parameter.dataId) > 1) {
    const copy: Tensor = engine().makeTensorFromTensorInfo(backend.copyOf(parameter), backend);
    parameter.assign(copy);
    copy.dispose();
  }
  return parameter;
}
