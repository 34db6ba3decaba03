import {
  getKernel,
  getKernelsForBackend,
  type KernelFunc,
  registerKernel,
} from '@tensorflow/tfjs-core';
import { CPU_BACKEND, type CpuBackend } from '../engine/cpuBackend.ts';
import {
  castKernel,
  concatKernel,
  fillKernels,
  gatherKernel,
  sliceKernel,
  transposeKernel,
} from './copy.ts';
import { addNKernel, binaryKernels, unaryKernels } from './elementwise.ts';
import { batchMatMulKernel, fusedMatMulKernel } from './matMulKernel.ts';
import { reduceKernels } from './reduceSum.ts';
import type { TfjsKernel, TfjsKernelArgs } from './tfjsKernel.ts';

const KERNELS: readonly TfjsKernel[] = [
  batchMatMulKernel,
  fusedMatMulKernel,
  ...binaryKernels,
  ...unaryKernels,
  addNKernel,
  ...reduceKernels,
  transposeKernel,
  gatherKernel,
  sliceKernel,
  concatKernel,
  castKernel,
  ...fillKernels,
];

/**
 * Registers every tfjs kernel for the back end 'molrl': ours for the hot ones, tfjs's own cpu kernels (which work on views
 * of the heap) for the rest. Loading them also registers tfjs's back end 'cpu'. Calling it twice does nothing.
 */
export async function registerTfjsKernels(): Promise<void> {
  await import('@tensorflow/tfjs-backend-cpu');
  const ours = new Map(KERNELS.map((kernel) => [kernel.name, kernel]));
  for (const config of getKernelsForBackend('cpu')) {
    const { kernelName } = config;
    if (getKernel(kernelName, CPU_BACKEND) != null) continue;
    const own = ours.get(kernelName);
    const kernelFunc = own ? withFallback(own, config.kernelFunc) : config.kernelFunc;
    registerKernel({ ...config, backendName: CPU_BACKEND, kernelFunc });
  }
}

function withFallback(kernel: TfjsKernel, inherited: KernelFunc): KernelFunc {
  const fallback = (args: TfjsKernelArgs) => inherited(args);
  return ({ inputs, attrs, backend }) =>
    kernel.run({ inputs, attrs: attrs ?? {}, backend: backend as CpuBackend }, fallback); // registered for CPU_BACKEND only
}
