import { getKernel, type KernelFunc, registerKernel } from '@tensorflow/tfjs-core';
import { WEBGPU_BACKEND, type WebGpuBackend } from '../engine/webGpuBackend.ts';
import { argKernels } from './arg.ts';
import { addNKernel, binaryKernels } from './binary.ts';
import { chooseKernels } from './choose.ts';
import { fillKernels } from './fill.ts';
import { gatherKernels } from './gather.ts';
import { joinKernels } from './join.ts';
import { matMulKernels } from './matMul.ts';
import { moveKernels } from './moves.ts';
import { nameKernels } from './names.ts';
import { reduceKernels } from './reduce.ts';
import { refusedKernels } from './refused.ts';
import { routeExpertsKernel } from './routeExperts.ts';
import { runningKernels } from './running.ts';
import { softmaxKernels } from './softmax.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { unaryKernels } from './unary.ts';

const KERNELS: readonly TfjsGpuKernel[] = [
  ...unaryKernels,
  ...binaryKernels,
  addNKernel,
  ...moveKernels,
  ...joinKernels,
  ...fillKernels,
  ...nameKernels,
  ...reduceKernels,
  ...argKernels,
  ...softmaxKernels,
  ...chooseKernels,
  ...gatherKernels,
  ...runningKernels,
  ...matMulKernels,
  routeExpertsKernel,
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
