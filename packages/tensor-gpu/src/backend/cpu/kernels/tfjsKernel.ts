import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { CpuBackend } from '../engine/cpuBackend.ts';

/** What tfjs hands to a kernel, with the back end as ours. */
export interface TfjsKernelArgs {
  inputs: NamedTensorInfoMap;
  attrs: NamedAttrMap;
  backend: CpuBackend;
}

/** A tfjs kernel of this back end. */
export interface TfjsKernel {
  /** tfjs's name of the op, or the name of a fused op. */
  name: string;
  /** @param inherited - tfjs's own cpu kernel, for the cases that ours does not cover. */
  run(
    args: TfjsKernelArgs,
    inherited: (args: TfjsKernelArgs) => TensorInfo | TensorInfo[],
  ): TensorInfo | TensorInfo[];
}
