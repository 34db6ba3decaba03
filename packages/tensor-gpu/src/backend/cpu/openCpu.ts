import { env } from 'node:process';
import { findBackend, removeBackend } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../base/errors.ts';
import { knownOptions } from '../../base/knownOptions.ts';
import { registerGradients } from '../../tape/registerGradients.ts';
import { openBackend } from '../backend.ts';
import { assertOneCopy } from '../oneCopy.ts';
import { openDecoding } from './decode/openDecoding.ts';
import { CPU_BACKEND, CpuBackend } from './engine/cpuBackend.ts';
import type { HeapMemory } from './engine/heap.ts';
import { type CpuRuntimeOptions, createRuntime } from './engine/runtime.ts';
import { adamwCpu } from './kernels/adamw.ts';
import { fusedKernels } from './kernels/fusedKernels.ts';
import { registerTfjsKernels } from './kernels/registerTfjsKernels.ts';

/** Options of {@link openCpu}. */
export interface OpenCpuOptions {
  /** Threads that compute, the calling one included. Default: `MOLRL_THREADS`, else the cores available (at most 16). */
  threads?: number | undefined;
  /**
   * Which compiled kernels. `'auto'` (default): what `MOLRL_KERNELS` names, else native where the package koffi is
   * installed and the processor is supported, else WebAssembly.
   */
  kernels?: 'auto' | 'native' | 'wasm' | undefined;
  /** All tensors together never take more. Default and maximum 4 GiB less 64 KiB. Memory is taken as it is needed. */
  maxBytes?: number | undefined;
}

/** An open CPU device: tfjs's back end `'molrl'`. */
export interface CpuDevice {
  /** Which kernels are in use. */
  readonly kind: 'native' | 'wasm';
  /** File name of the kernels, e.g. `kernels-v3.so` (AVX2) or `relaxed.wasm`. */
  readonly library: string;
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  /** Bytes in use and reserved. */
  memory(): HeapMemory;
  /** Stops the worker threads and takes the back end out of tfjs. Its tensors are lost with it. */
  dispose(): void;
}

/**
 * Opens the CPU engine and makes it tfjs's current back end, `'molrl'`: from then on any tfjs program runs on it, and the
 * fused ops of this package run as kernels. Registers tfjs's gradients too (tfjs-core leaves them out in Node).
 *
 * Results are bitwise the same for any number of threads. Native and WebAssembly kernels differ in rounding.
 *
 * @throws {TensorGpuError} `option` for a bad option or environment variable, `native` if `kernels: 'native'` cannot be
 * had here (the message says why), `backend` if a device is open already, `two-copies` if another copy of this package
 * opened it.
 *
 * @example
 * const device = await openCpu({ threads: 2 });
 * linear(ones([1, 2]), ones([3, 2])).dataSync(); // Float32Array [2, 2, 2]
 * device.dispose();
 */
export async function openCpu(options: OpenCpuOptions = {}): Promise<CpuDevice> {
  const given = knownOptions('openCpu', options, ['threads', 'kernels', 'maxBytes']);
  assertOneCopy('openCpu');
  if (findBackend(CPU_BACKEND) != null)
    throw new TensorGpuError(
      'backend',
      `openCpu: a device is open already. Use it, or call its dispose() first.`,
    );
  const cpu = createRuntime({ ...given, ...fromEnvironment(given) });
  try {
    await registerTfjsKernels();
    await registerGradients();
    await cpu.ready;
    const device = new CpuBackend(cpu);
    await openBackend({
      name: CPU_BACKEND,
      device,
      fusedKernels,
      adopt: (weight) => device.adopt(weight),
      moments: (parameters) => adamwCpu(device, parameters),
      decoder: (model) => openDecoding(device, model),
      observe: (listener) => cpu.observe(listener),
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
    memory: () => cpu.heap.usage(),
    dispose: () => {
      if (open) removeBackend(CPU_BACKEND); // which disposes the back end
      open = false;
    },
  };
}

/** The environment decides where the caller left it open. */
function fromEnvironment({ threads, kernels = 'auto' }: OpenCpuOptions): CpuRuntimeOptions {
  const { MOLRL_KERNELS, MOLRL_THREADS } = env;
  const chosen: CpuRuntimeOptions = { kernels, threads };
  if (kernels === 'auto' && MOLRL_KERNELS) {
    if (MOLRL_KERNELS !== 'auto' && MOLRL_KERNELS !== 'native' && MOLRL_KERNELS !== 'wasm')
      throw new TensorGpuError(
        'option',
        `openCpu: MOLRL_KERNELS must be auto, native or wasm, got '${MOLRL_KERNELS}'.`,
      );
    chosen.kernels = MOLRL_KERNELS;
  }
  if (threads === undefined && MOLRL_THREADS) {
    chosen.threads = Number(MOLRL_THREADS);
    if (!Number.isInteger(chosen.threads))
      throw new TensorGpuError(
        'option',
        `openCpu: MOLRL_THREADS must be a whole number, got '${MOLRL_THREADS}'.`,
      );
  }
  return chosen;
}
