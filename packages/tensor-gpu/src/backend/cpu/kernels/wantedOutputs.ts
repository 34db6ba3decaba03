import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { CpuFusedKernelCall } from './cpuFusedKernel.ts';

/** New tensors shaped like the wanted inputs, and the byte offset of each input's one, 0 when not wanted. */
export function wantedOutputs({ backend, inputs, wanted }: CpuFusedKernelCall): {
  outputs: TensorInfo[];
  offsetOf: (input: string) => number;
} {
  const outputs = wanted.map((name) => backend.output(inputs[name]!.shape));
  return {
    outputs,
    offsetOf: (input) => {
      const k = wanted.indexOf(input);
      return k < 0 ? 0 : backend.offset(outputs[k]!);
    },
  };
}
