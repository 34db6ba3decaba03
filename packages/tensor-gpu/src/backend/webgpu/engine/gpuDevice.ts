import { TensorGpuError } from '../../../base/errors.ts';

/** A device of the system and what it says about itself. */
export interface GpuConnection {
  readonly device: GPUDevice;
  readonly info: GpuAdapterInfo;
  /** Ends the device. */
  release(): void;
}

/** Whose device it is, as the driver tells. */
export interface GpuAdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
}

/** Dawn's devices do not survive their instance, so it is held here. */
const instances = new Set<GPU>();

/** What we ask for as far as the adapter has it: the standard's defaults are small (128 MiB per binding). */
const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
] as const;

/**
 * A device of the browser, or of Dawn through the package `webgpu` in Node.
 *
 * @param shared - A device of the caller, taken instead; it stays open.
 * @throws {TensorGpuError} `missing` where there is no WebGPU or no adapter.
 */
export async function connectGpu(shared?: GPUDevice): Promise<GpuConnection> {
  if (shared !== undefined) {
    const { vendor, architecture, description } = shared.adapterInfo;
    return {
      device: shared,
      info: { vendor, architecture, description },
      release: () => undefined,
    };
  }
  const gpu = await findGpu();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null)
    throw new TensorGpuError(
      'missing',
      "openDevice: WebGPU has no adapter here. Install a driver (Vulkan, Metal, Direct3D 12), or use openDevice('cpu').",
    );
  const requiredLimits = Object.fromEntries(
    WANTED_LIMITS.map((name) => [name, adapter.limits[name]]),
  );
  const device = await adapter.requestDevice({ requiredLimits });
  const { vendor, architecture, description } = adapter.info;
  const release = () => {
    device.destroy();
    instances.delete(gpu);
  };
  instances.add(gpu);
  return { device, info: { vendor, architecture, description }, release };
}

async function findGpu(): Promise<GPU> {
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } }; // Node's has no gpu
  if (navigator?.gpu) return navigator.gpu;
  try {
    const { create } = await import('webgpu');
    return create([]);
  } catch (error) {
    throw new TensorGpuError(
      'missing',
      `openDevice: there is no WebGPU here. In Node install the package webgpu (npm install webgpu), in a browser use one that has it; openDevice('cpu') works anywhere. (${String(error)})`,
      { cause: error },
    );
  }
}
