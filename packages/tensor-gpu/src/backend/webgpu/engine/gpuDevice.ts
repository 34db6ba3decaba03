import { TensorGpuError } from '../../../base/errors.ts';

/** A device of the system and what it says about itself. */
export interface GpuConnection {
  readonly device: GPUDevice;
  readonly info: GpuAdapterInfo;
  /** Lanes of the smallest subgroup that a program may run in; 1 where the device has none to offer. */
  readonly subgroup: number;
  /** Whether programs may have numbers of 16 bits. */
  readonly shaderF16: boolean;
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

/** What programs, and profiles of them, use where the adapter has it. */
const WANTED_FEATURES = [
  'subgroups',
  'shader-f16',
  'timestamp-query',
] as const satisfies readonly GPUFeatureName[];

/**
 * A device of the browser, or of Dawn through the package `webgpu` in Node.
 *
 * @param shared - A device of the caller, taken instead; it stays open.
 * @throws {TensorGpuError} `missing` where there is no WebGPU or no adapter.
 */
export async function connectGpu(shared?: GPUDevice): Promise<GpuConnection> {
  if (shared !== undefined) {
    return { ...described(shared, shared.adapterInfo), release: () => undefined };
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
  const requiredFeatures = WANTED_FEATURES.filter((name) => adapter.features.has(name));
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
  const release = () => {
    device.destroy();
    instances.delete(gpu);
  };
  instances.add(gpu);
  return { ...described(device, adapter.info), release };
}

function described(device: GPUDevice, info: GPUAdapterInfo): Omit<GpuConnection, 'release'> {
  const { vendor, architecture, description, subgroupMinSize = 1 } = info; // older browsers tell none
  const subgroup = device.features.has('subgroups') ? subgroupMinSize : 1;
  const shaderF16 = device.features.has('shader-f16');
  return { device, info: { vendor, architecture, description }, subgroup, shaderF16 };
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
