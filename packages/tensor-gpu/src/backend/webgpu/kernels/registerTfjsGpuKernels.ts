import { getKernel, type KernelFunc, registerKernel } from '@tensorflow/tfjs-core';
import { WEBGPU_BACKEND, type WebGpuBackend } from '../engine/webGpuBackend.ts';
import { addNKernel, binaryKernels } from './binary.ts';
import { copyKernels } from './copy.ts';
import { matMulKernels } from './matMul.ts';
import { refusedKernels } from './refused.ts';
import { rowKernels } from './rows.ts';
import { runningKernels } from './running.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { unaryKernels } from './unary.ts';

const KERNELS: readonly TfjsGpuKernel[] = [
  ...unaryKernels,
  ...binaryKernels,
  addNKernel,
  ...copyKernels,
  ...rowKernels,
  ...runningKernels,
  ...matMulKernels,
  ...refusedKernels,
];

/** Registers tfjs's ops on this back end: those that the references, their gradients and the models need. Calling it twice does nothing. */
export function registerTfjsGpuKernels(): void {
  for (const { name, run } of KERNELS) {
    if (getKernel(name, WEBGPU_BACKEND) != null) continue;
    const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) =>
      run({ inputs, attrs: attrs ?? {}, backend: backend as WebGpuBackend }); // registered for that back end only
    registerKernel({ kernelName: name, backendName: WEBGPU_BACKEND, kernelFunc });
  }
}
