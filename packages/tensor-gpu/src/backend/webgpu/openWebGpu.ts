import { findBackend, removeBackend } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../base/errors.ts';
import { assertRange, knownOptions } from '../../base/knownOptions.ts';
import { checkFirstUse } from '../../fused/firstUseCheck.ts';
import { hasFusedKernels } from '../../fused/runFusedKernel.ts';
import { fusedOps } from '../../ops/fusedOps.ts';
import { registerGradients } from '../../tape/registerGradients.ts';
import { openBackend } from '../backend.ts';
import { assertOneCopy } from '../oneCopy.ts';
import { openGpuDecoding } from './decode/openGpuDecoding.ts';
import type { GpuMemory } from './engine/bufferPool.ts';
import { connectGpu, type GpuAdapterInfo } from './engine/gpuDevice.ts';
import { WEBGPU_BACKEND, WebGpuBackend } from './engine/webGpuBackend.ts';
import { type GpuCounts, WebGpuRuntime } from './engine/webGpuRuntime.ts';
import { adamwWebGpu } from './kernels/adamw.ts';
import { adamwBytesWebGpu } from './kernels/adamwBytes.ts';
import { adoptWebGpu } from './kernels/adopt.ts';
import { checkGemm } from './kernels/checkGemm.ts';
import { gpuOps, gpuPrograms } from './kernels/gpuOps.ts';
import { registerTfjsGpuKernels } from './kernels/registerTfjsGpuKernels.ts';

/** Options of `openDevice('webgpu')`. */
export interface OpenWebGpuOptions {
  /** A device that the caller has, to share with other libraries; it stays open. Default: one of our own. */
  device?: GPUDevice | undefined;
  /** All tensors together never take more. Default: what the device gives. */
  maxBytes?: number | undefined;
  /** Is told how many of the shaders are compiled. */
  onCompiled?: ((done: number, total: number) => void) | undefined;
  /** Is told when the device is gone, its tensors with it: by the system, not by `dispose`. */
  onLost?: ((error: TensorGpuError) => void) | undefined;
}

/** An open GPU: tfjs's back end `'molrl-webgpu'`. */
export interface WebGpuDevice {
  readonly kind: 'webgpu';
  /** What the driver says about itself. */
  readonly adapter: GpuAdapterInfo;
  /** The device's limits by name, such as `maxStorageBufferBindingSize`. */
  readonly limits: Readonly<Record<string, number>>;
  /** Bytes of all buffers. */
  memory(): GpuMemory;
  /** What it was asked to do since it was opened. */
  counts(): GpuCounts;
  /** Hands all work to the device and waits until it is done. @throws {TensorGpuError} what went wrong there. */
  finish(): Promise<void>;
  /** Gives the device back and takes the back end out of tfjs. Its tensors are lost with it. */
  dispose(): void;
}

/** Limits worth knowing. */
const LIMITS = [
  ...['maxBufferSize', 'maxStorageBufferBindingSize', 'maxStorageBuffersPerShaderStage'],
  ...['maxComputeWorkgroupStorageSize', 'maxComputeInvocationsPerWorkgroup'],
] as const;

/**
 * Opens a GPU and makes it tfjs's current back end; see `openDevice`. Every fused op is compared with its reference here,
 * since that has to be awaited.
 */
export async function openWebGpu(options: OpenWebGpuOptions = {}): Promise<WebGpuDevice> {
  const given = knownOptions('openDevice', options, ['device', 'maxBytes', 'onCompiled', 'onLost']);
  const { maxBytes = Number.MAX_SAFE_INTEGER, onCompiled = () => undefined, onLost } = given;
  const { device: shared } = given;
  assertRange('openDevice: maxBytes', maxBytes, [1, Number.MAX_SAFE_INTEGER]);
  assertOneCopy('openDevice');
  if (findBackend(WEBGPU_BACKEND) != null)
    throw new TensorGpuError(
      'backend',
      'openDevice: a GPU is open already. Use it, or call its dispose() first.',
    );
  const connection = await connectGpu(shared);
  const gpu = new WebGpuRuntime(connection, maxBytes);
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    if (findBackend(WEBGPU_BACKEND) != null)
      removeBackend(WEBGPU_BACKEND); // which disposes the back end
    else gpu.dispose();
  };
  try {
    await gpu.pipelines.ahead(gpuPrograms, onCompiled);
    registerTfjsGpuKernels();
    await registerGradients();
    const device = new WebGpuBackend(gpu);
    await openBackend({
      name: WEBGPU_BACKEND,
      device,
      fusedKernels: gpuOps,
      widensWeights: true,
      isAsynchronous: true,
      adopt: (weight) => adoptWebGpu(device, weight),
      moments: (parameters) => adamwWebGpu(device, parameters),
      byteMoments: (parameters, maps) => adamwBytesWebGpu(device, parameters, maps),
      decoder: (model) => openGpuDecoding(device, model),
      async compileKernel(kernel) {
        const { compileUserKernel } = await import('./userKernels/compileUserKernel.ts');
        return compileUserKernel(device, kernel);
      },
      observe: () => {
        throw new TensorGpuError(
          'backend',
          'profile: a GPU does not tell when a command ends. Count its work with counts().',
        );
      },
    });
    await checkGemm(device);
    for (const op of fusedOps)
      if (op.definition.variant === undefined && hasFusedKernels(op.definition))
        await checkFirstUse(op);
  } catch (error) {
    close();
    throw error;
  }
  void gpu.lost.then((error) => {
    if (open) onLost?.(error);
  });
  return {
    kind: 'webgpu',
    adapter: connection.info,
    limits: Object.fromEntries(LIMITS.map((name) => [name, gpu.limits[name]])),
    memory: () => gpu.memory(),
    counts: () => gpu.counts(),
    finish: () => gpu.finish(),
    dispose: close,
  };
}
