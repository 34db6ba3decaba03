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
import { type GpuTiles, USUAL_TILES } from './engine/tiles.ts';
import { WEBGPU_BACKEND, WebGpuBackend } from './engine/webGpuBackend.ts';
import { type GpuCounts, WebGpuRuntime } from './engine/webGpuRuntime.ts';
import { adamwWebGpu } from './kernels/adamw.ts';
import { adamwBytesWebGpu } from './kernels/adamwBytes.ts';
import { adoptWebGpu } from './kernels/adopt.ts';
import { checkGemm } from './kernels/checkGemm.ts';
import { gpuOps, gpuPrograms } from './kernels/gpuOps.ts';
import { registerTfjsGpuKernels } from './kernels/registerTfjsGpuKernels.ts';
import { useShaderF16 } from './kernels/useShaderF16.ts';
import { useSubgroups } from './kernels/useSubgroups.ts';
import { assertTiles, useTiles } from './kernels/useTiles.ts';

/** Options of `openDevice('webgpu')`. */
export interface OpenWebGpuOptions {
  /** A device that the caller has, to share with other libraries; it stays open. Default: one of our own. */
  device?: GPUDevice | undefined;
  /** All tensors together never take more. Default: what the device gives. */
  maxBytes?: number | undefined;
  /**
   * Rows and columns of the pieces that products are computed in, of small and of large ones; `'measure'`: the fastest of this GPU,
   * found in a fraction of a second, once in a process. Give what `device.tiles` told to repeat a run: a driver may round
   * another tile differently. Default: 64 of both.
   */
  tiles?: GpuTiles | 'measure' | undefined;
  /** Whether rows are added up in registers where the GPU offers that; the order of additions is the same. Default true. */
  subgroups?: boolean | undefined;
  /**
   * Whether weights of 16 bits, and scales of blocks, are widened by the GPU's own conversion where it offers `shader-f16`; the
   * values are the same. Default true.
   */
  shaderF16?: boolean | undefined;
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
  /** Of products, as they were given or measured. */
  readonly tiles: GpuTiles;
  /** Lanes that add up rows in registers together; 1: they do it in workgroup memory. */
  readonly subgroupLanes: number;
  /** Whether it widens numbers of 16 bits itself. */
  readonly shaderF16: boolean;
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
  const given = knownOptions('openDevice', options, [
    ...(['device', 'maxBytes', 'tiles', 'subgroups', 'shaderF16', 'onCompiled', 'onLost'] as const),
  ]);
  const { maxBytes = Number.MAX_SAFE_INTEGER, onCompiled = () => undefined, onLost } = given;
  const { device: shared, tiles = USUAL_TILES, subgroups = true, shaderF16 = true } = given;
  assertRange('openDevice: maxBytes', maxBytes, [1, Number.MAX_SAFE_INTEGER]);
  assertTiles(tiles);
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
  const device = new WebGpuBackend(gpu);
  try {
    if (subgroups) await useSubgroups(device, connection.subgroup);
    if (shaderF16 && connection.shaderF16) await useShaderF16(device);
    await gpu.pipelines.ahead(gpuPrograms, onCompiled);
    registerTfjsGpuKernels();
    await registerGradients();
    await openBackend({
      name: WEBGPU_BACKEND,
      device,
      fusedKernels: gpuOps,
      widensWeights: true,
      isAsynchronous: true,
      adopt: (weight) => adoptWebGpu(device, weight),
      moments: (parameters) => adamwWebGpu(device, parameters),
      byteMoments: (parameters, maps) => adamwBytesWebGpu(device, parameters, maps),
      decodesExperts: true,
      decoder: (model) => openGpuDecoding(device, model),
      async compileKernel(kernel) {
        const { compileUserKernel } = await import('./userKernels/compileUserKernel.ts');
        return compileUserKernel(device, kernel);
      },
      observe: (listener) => gpu.observe(listener),
    });
    await checkGemm(device);
    await useTiles(device, tiles, Object.values(connection.info).join(' '));
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
    tiles: device.tiles,
    subgroupLanes: gpu.pipelines.extensions.subgroup,
    shaderF16: gpu.pipelines.extensions.shaderF16,
    memory: () => gpu.memory(),
    counts: () => gpu.counts(),
    finish: () => gpu.finish(),
    dispose: close,
  };
}
