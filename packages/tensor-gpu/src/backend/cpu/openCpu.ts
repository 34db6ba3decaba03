import { env } from 'node:process';
import { TensorGpuError } from '../../base/errors.ts';
import { knownOptions } from '../../base/knownOptions.ts';
import { assertClosed, type CpuDevice, registerCpu } from './cpuDevice.ts';
import { type CpuRuntimeOptions, createRuntime } from './engine/runtime.ts';

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
  assertClosed('openCpu');
  return registerCpu(createRuntime({ ...given, ...fromEnvironment(given) }));
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
