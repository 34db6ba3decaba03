import { openCpu, openDevice } from '@molrl/tensor-gpu';
import type { Backend } from '../benchRow.ts';

/** A device of ours that a bench runs on. */
export interface OpenDevice {
  /** Its kernels, or its driver, by name. */
  library: string;
  /** Waits until it has nothing more to do. */
  finish(): Promise<void>;
  dispose(): void;
}

/** Opens a GPU with the fastest tiles, or the CPU with just those kernels. @throws {Error} if they are not available here. */
export async function openOurs(kernels: Backend, threads: number): Promise<OpenDevice> {
  if (kernels === 'webgpu') {
    const { adapter, finish, dispose } = await openDevice('webgpu', { tiles: 'measure' });
    return { library: adapter.description || adapter.vendor, finish, dispose };
  }
  const { kind, library, finish, dispose } = await openCpu({ kernels, threads });
  if (kind !== kernels) throw new Error(`${kernels} kernels are not available here`);
  return { library, finish, dispose };
}
