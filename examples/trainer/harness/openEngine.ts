import { type DeviceName, type OpenCpuOptions, openDevice } from '@molrl/tensor-gpu';

/** What computes a run, as its files tell it. */
export interface Engine {
  /** File of the CPU's kernels, or the driver of the GPU: another one rounds sums differently. */
  readonly library: string;
  readonly kind: 'native' | 'wasm' | 'webgpu';
  /** Of the CPU. */
  readonly threads?: number;
}

/** Opens the device that the settings name. */
export async function openEngine({
  device,
  threads,
  kernels,
}: OpenCpuOptions & { device: DeviceName }): Promise<Engine> {
  if (device !== 'webgpu') return openDevice('cpu', { threads, kernels });
  const { kind, adapter } = await openDevice(device);
  return { kind, library: `webgpu (${adapter.vendor} ${adapter.architecture})` };
}

/** The engine in words. */
export function engineWords({ library, threads }: Engine): string {
  return threads === undefined ? library : `${library}, ${threads} threads`;
}
