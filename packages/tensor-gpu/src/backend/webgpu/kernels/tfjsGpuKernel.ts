import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';

/** What tfjs hands to a kernel, with the back end as ours. */
export interface TfjsGpuArgs {
  inputs: NamedTensorInfoMap;
  attrs: NamedAttrMap;
  backend: WebGpuBackend;
}

/** A tfjs kernel of this back end. */
export interface TfjsGpuKernel {
  /** tfjs's name of the op. */
  name: string;
  run(args: TfjsGpuArgs): TensorInfo | TensorInfo[];
}
