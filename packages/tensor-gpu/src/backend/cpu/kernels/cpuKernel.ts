import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { CpuBackend } from '../cpuBackend.ts';

/** What tfjs hands to a kernel, with the back end as ours. */
export interface CpuKernelArgs {
  inputs: NamedTensorInfoMap;
  attrs: NamedAttrMap;
  backend: CpuBackend;
}

/** A tfjs kernel of this back end. */
export interface CpuKernel {
  /** tfjs's name of the op, or the name of a fused op. */
  name: string;
  /** @param inherited - tfjs's own cpu kernel, for the cases that ours does not cover. */
  run(
    args: CpuKernelArgs,
    inherited: (args: CpuKernelArgs) => TensorInfo | TensorInfo[],
  ): TensorInfo | TensorInfo[];
}
