import { type DeviceName, type GpuTiles, type OpenCpuOptions, openDevice } from '@molrl/tensor-gpu';

/** What computes a run, as its files tell it. */
export interface Engine {
  /** File of the CPU's kernels, or the driver of the GPU: another one rounds sums differently. */
  readonly library: string;
  readonly kind: 'native' | 'wasm' | 'webgpu';
  /** Of the CPU. */
  readonly threads?: number;
  /** Of the GPU: in what pieces it computes products. */
  readonly tiles?: GpuTiles;
}

/** Opens the device that the settings name; a GPU that is told no tiles measures which are the fastest. */
export async function openEngine({
  device,
  threads,
  kernels,
  tiles: given,
}: OpenCpuOptions & { device: DeviceName; tiles?: GpuTiles | undefined }): Promise<Engine> {
  if (device !== 'webgpu') return openDevice('cpu', { threads, kernels });
  const { kind, adapter, tiles } = await openDevice(device, { tiles: given ?? 'measure' });
  return { kind, library: `webgpu (${adapter.vendor} ${adapter.architecture})`, tiles };
}

/** The settings with the tiles that the engine has: so a run is repeated, and goes on, with the same. */
export const withTiles = <Settings extends object>(
  settings: Settings,
  { tiles }: Engine,
): Settings => (tiles ? { ...settings, tiles } : settings);

/** The engine in words. */
export function engineWords({ library, threads }: Engine): string {
  return threads === undefined ? library : `${library}, ${threads} threads`;
}
