import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { CpuBackend } from '../cpuBackend.ts';

/** What tfjs hands to a kernel of ours, with names checked by `defineFusedOp`. */
export interface FusedKernelCall {
  backend: CpuBackend;
  /** Inputs, or for a gradient: saved tensors and cotangents `d<output>`. */
  inputs: Readonly<Record<string, TensorInfo>>;
  /** The op's options. */
  attributes: Readonly<Record<string, unknown>>;
  /** Names of the inputs whose gradients are asked for, in the order to return them. */
  wanted: readonly string[];
}

/** Both directions of one fused op on the CPU. */
export interface FusedKernel {
  name: string;
  forward: (call: FusedKernelCall) => TensorInfo[];
  gradient: (call: FusedKernelCall) => TensorInfo[];
}

/** New tensors shaped like the wanted inputs, and the byte offset of each input's one, 0 when not wanted. */
export function wantedOutputs({ backend, inputs, wanted }: FusedKernelCall): {
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
