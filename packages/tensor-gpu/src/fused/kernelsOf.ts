import { engine, getKernel, type KernelBackend, type KernelConfig } from '@tensorflow/tfjs-core';

/** Both kernels of an op, as they are registered: `profile` exchanges their functions. */
export interface OpKernels {
  forward: KernelConfig;
  gradient: KernelConfig;
}

/** Of each back end, by op: looking them up by name costs more than a small kernel. */
const found = new WeakMap<KernelBackend, Map<string, OpKernels>>();

/** The kernels of the op on the current back end, if it has both. */
export function kernelsOf(name: string): OpKernels | undefined {
  const { backend, backendName } = engine();
  const known = found.get(backend)?.get(name);
  if (known) return known;
  const forward = getKernel(name, backendName);
  const gradient = getKernel(`${name}Gradient`, backendName);
  if (forward == null || gradient == null) return undefined;
  const kernels = { forward, gradient };
  found.set(backend, (found.get(backend) ?? new Map()).set(name, kernels));
  return kernels;
}
