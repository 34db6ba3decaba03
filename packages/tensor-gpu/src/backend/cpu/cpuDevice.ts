import { findBackend, removeBackend } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../base/errors.ts';
import { registerGradients } from '../../tape/registerGradients.ts';
import { openBackend } from '../backend.ts';
import { assertOneCopy } from '../oneCopy.ts';
import { openDecoding } from './decode/openDecoding.ts';
import { CPU_BACKEND, CpuBackend } from './engine/cpuBackend.ts';
import type { CpuRuntime } from './engine/cpuRuntime.ts';
import type { HeapMemory } from './engine/heap.ts';
import { adamwCpu } from './kernels/adamw.ts';
import { cpuOps } from './kernels/cpuOps.ts';
import { registerTfjsKernels } from './kernels/registerTfjsKernels.ts';

/** An open CPU device: tfjs's back end `'molrl'`. */
export interface CpuDevice {
  /** Which kernels are in use. */
  readonly kind: 'native' | 'wasm';
  /** File name of the kernels, e.g. `kernels-v3.so` (AVX2) or `relaxed.wasm`. */
  readonly library: string;
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  /** Why these are fewer than were asked for, or than the machine has cores: a page that is not cross-origin isolated. */
  readonly fewerThreads: string | undefined;
  /** Bytes in use and reserved. */
  memory(): HeapMemory;
  /** Waits until all is computed: with threads, ops return before. What times them calls it; reading a tensor waits too. */
  finish(): Promise<void>;
  /** Stops the worker threads and takes the back end out of tfjs. Its tensors are lost with it. */
  dispose(): void;
}

/** @throws {TensorGpuError} `two-copies`, or `backend` if a device is open. */
export function assertClosed(caller: string): void {
  assertOneCopy(caller);
  if (findBackend(CPU_BACKEND) != null)
    throw new TensorGpuError(
      'backend',
      `${caller}: a device is open already. Use it, or call its dispose() first.`,
    );
}

/** Makes a runtime tfjs's current back end, `'molrl'`. */
export async function registerCpu(cpu: CpuRuntime): Promise<CpuDevice> {
  try {
    await registerTfjsKernels();
    await registerGradients();
    await cpu.ready;
    const device = new CpuBackend(cpu);
    await openBackend({
      name: CPU_BACKEND,
      device,
      fusedKernels: cpuOps,
      adopt: (weight) => device.adopt(weight),
      moments: (parameters) => adamwCpu(device, parameters),
      decoder: (model) => openDecoding(device, model),
      observe: (listener) => {
        const stop = cpu.observe(listener);
        return async () => stop();
      },
    });
  } catch (error) {
    cpu.dispose();
    throw error;
  }
  let open = true;
  return {
    kind: cpu.kind,
    library: cpu.library,
    threads: cpu.threads,
    fewerThreads: cpu.fewerThreads,
    memory: () => cpu.heap.usage(),
    finish: async () => cpu.heap.settle(),
    dispose: () => {
      if (open) removeBackend(CPU_BACKEND); // which disposes the back end
      open = false;
    },
  };
}
