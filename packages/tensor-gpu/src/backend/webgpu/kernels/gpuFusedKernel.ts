import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { FusedKernel, FusedKernelCall } from '../../fusedKernel.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';

/** A fused op in programs of this device. */
export type GpuFusedKernel = FusedKernel<WebGpuBackend>;

/** What such a kernel gets. */
export type GpuFusedKernelCall = FusedKernelCall<WebGpuBackend>;

/** New tensors shaped like the wanted inputs; `of` gives each input's one, if it is wanted. */
export function wantedOutputs({ backend, inputs, wanted }: GpuFusedKernelCall): {
  outputs: TensorInfo[];
  of: (input: string) => TensorInfo | undefined;
} {
  const outputs = wanted.map((name) => backend.output(inputs[name]!.shape));
  return { outputs, of: (input) => outputs[wanted.indexOf(input)] };
}
