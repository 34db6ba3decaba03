import { getKernel, type KernelFunc, registerKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import { CPU_BACKEND, type CpuBackend } from '../cpuBackend.ts';
import { attentionKernel } from './attention.ts';
import { embeddingKernel } from './embedding.ts';
import type { FusedKernel } from './fusedKernel.ts';
import { headNormRopeKernel } from './headNormRope.ts';
import { linearKernel } from './linear.ts';
import { lmHeadKernel, lmHeadKlKernel } from './lmHead.ts';
import { rmsNormKernel } from './rmsNorm.ts';
import { selectRowsKernel } from './selectRows.ts';
import { swigluKernel } from './swiglu.ts';

const KERNELS: readonly FusedKernel[] = [
  linearKernel,
  rmsNormKernel,
  headNormRopeKernel,
  attentionKernel,
  swigluKernel,
  embeddingKernel,
  selectRowsKernel,
  lmHeadKernel,
  lmHeadKlKernel,
];

/** Offers the fused ops on the back end 'molrl'. Calling it twice does nothing. */
export function registerFusedKernels(): void {
  for (const kernel of KERNELS) registerFusedKernel(kernel);
}

/** Registers `<name>` and `<name>Gradient` with tfjs. */
export function registerFusedKernel({ name, forward, gradient }: FusedKernel): void {
  register(name, forward);
  register(`${name}Gradient`, gradient);
}

function register(kernelName: string, kernel: FusedKernel['forward']): void {
  if (getKernel(kernelName, CPU_BACKEND) != null) return;
  const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) =>
    kernel({
      backend: backend as CpuBackend, // registered for CPU_BACKEND only
      inputs: inputs as Record<string, TensorInfo>, // defineFusedOp passes all of them
      attributes: attrs ?? {},
      wanted: (attrs?.wanted ?? []) as string[], // set by defineFusedOp's gradient
    });
  registerKernel({ kernelName, backendName: CPU_BACKEND, kernelFunc });
}
