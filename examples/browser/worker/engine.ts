import { type CpuDevice, openDevice, type WebGpuDevice } from '@molrl/tensor-gpu';
import relaxed from '@molrl/tensor-gpu/relaxed.wasm?url';
import simd from '@molrl/tensor-gpu/simd.wasm?url';

/** The device that a run computes on. */
export interface Engine {
  /** Kernels and device: runs are the same bit by bit on the same only. */
  name: string;
  /** Why it is not the GPU. */
  notice?: string | undefined;
  /** Ends the GPU device as a driver that crashes does; on WebAssembly there is none. */
  lose(): void;
  dispose(): void;
}

/** The GPU where there is one, else WebAssembly. */
export async function openEngine(
  wanted: 'auto' | 'cpu',
  onLost: (error: Error) => void,
): Promise<Engine> {
  if (wanted === 'cpu') return wasm('You chose the processor.');
  const gpu = await requestGpu();
  if (gpu === undefined) return wasm('This browser offers no WebGPU.');
  try {
    return gpuEngine(gpu, await openDevice('webgpu', { device: gpu, onLost }));
  } catch (error) {
    gpu.destroy();
    return wasm(`The GPU could not be used (${(error as Error).message}).`); // openDevice throws Errors
  }
}

/** With the largest buffers that it has: an embedding is one; and with subgroups, where it has some. */
async function requestGpu(): Promise<GPUDevice | undefined> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return undefined;
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const { maxStorageBuffersPerShaderStage, maxComputeWorkgroupStorageSize } = adapter.limits;
  return adapter.requestDevice({
    requiredFeatures: adapter.features.has('subgroups') ? ['subgroups'] : [],
    requiredLimits: {
      ...{ maxBufferSize, maxStorageBufferBindingSize },
      ...{ maxStorageBuffersPerShaderStage, maxComputeWorkgroupStorageSize },
    },
  });
}

function gpuEngine(gpu: GPUDevice, device: WebGpuDevice): Engine {
  const { vendor, architecture } = device.adapter;
  return {
    name: ['webgpu', vendor, architecture].filter(Boolean).join(' '),
    lose: () => gpu.destroy(),
    dispose: () => {
      device.dispose();
      gpu.destroy();
    },
  };
}

/** How many threads compute, and why no more do. */
function threadWords({ threads, fewerThreads }: CpuDevice): string {
  const words = threads === 1 ? 'one thread' : `${threads} threads`;
  return fewerThreads === undefined ? words : `${words} (${fewerThreads})`;
}

async function wasm(why: string): Promise<Engine> {
  const device: CpuDevice = await openDevice('cpu', { kernels: [relaxed, simd] });
  return {
    name: `wasm ${/relaxed|simd/.exec(device.library)?.[0] ?? device.library}`,
    notice: `${why} It computes in WebAssembly on ${threadWords(device)}: the same results, more slowly.`,
    lose: () => undefined,
    dispose: () => device.dispose(),
  };
}
