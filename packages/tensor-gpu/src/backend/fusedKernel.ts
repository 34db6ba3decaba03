import {
  getKernel,
  type KernelBackend,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/** What tfjs hands to a kernel of ours, with names checked by `defineFusedOp`. */
export interface FusedKernelCall<Device extends KernelBackend = KernelBackend> {
  backend: Device;
  /** Inputs, or for a gradient: saved tensors and cotangents `d<output>`. */
  inputs: Readonly<Record<string, TensorInfo>>;
  /** The op's options. */
  attributes: Readonly<Record<string, unknown>>;
  /** Names of the inputs whose gradients are asked for, in the order to return them. */
  wanted: readonly string[];
  /** Whether a gradient may be asked for, of ops that have `keeps`. */
  isRecorded?: boolean | undefined;
}

/** Both directions of one fused op on a device. */
export interface FusedKernel<Device extends KernelBackend = KernelBackend> {
  /** The op's name, as `defineFusedOp` has it. */
  readonly name: string;
  /** The op's outputs, what its gradient needs beside them, and what it `keeps` where it is recorded. */
  forward(call: FusedKernelCall<Device>): TensorInfo[];
  /** The gradients of the wanted inputs. */
  gradient(call: FusedKernelCall<Device>): TensorInfo[];
}

/** Offers `<name>` and `<name>Gradient` on tfjs's back end of that name. Calling it twice does nothing. */
export function registerFusedKernel<Device extends KernelBackend>(
  backendName: string,
  kernel: FusedKernel<Device>,
): void {
  const { name } = kernel;
  register(backendName, name, (call: FusedKernelCall<Device>) => kernel.forward(call));
  register(backendName, `${name}Gradient`, (call: FusedKernelCall<Device>) =>
    kernel.gradient(call),
  );
}

function register<Device extends KernelBackend>(
  backendName: string,
  kernelName: string,
  run: (call: FusedKernelCall<Device>) => TensorInfo[],
): void {
  if (getKernel(kernelName, backendName) != null) return;
  const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) =>
    run({
      backend: backend as Device, // registered for that back end only
      inputs: inputs as Record<string, TensorInfo>, // defineFusedOp passes all of them
      attributes: attrs ?? {},
      wanted: (attrs?.wanted ?? []) as string[], // set by defineFusedOp's gradient
      isRecorded: attrs?.isRecorded === true,
    });
  registerKernel({ kernelName, backendName, kernelFunc });
}
