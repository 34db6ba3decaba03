import {
  engine,
  type KernelBackend,
  registerBackend,
  setBackend,
  type TensorInfo,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { MappedTensor } from '../weights/mappedTensor.ts';
import type { AdamwMoments } from './adamwMoments.ts';
import type { ByteMoments, CodeMap } from './byteMoments.ts';
import type { CommandListener } from './commandListener.ts';
import type { DecodeEngine, DecodeModel } from './decodeJob.ts';
import { type FusedKernel, registerFusedKernel } from './fusedKernel.ts';
import { brandBackend } from './oneCopy.ts';
import type { CompiledUserKernel, UserKernel } from './userKernel.ts';

/**
 * What a device brings, beside the kernels that tfjs knows it by: this is all that the ops, the optimizer and the decoder
 * ask of it. `cpu/openCpu.ts` makes one; a second device is a second folder beside `cpu/` that makes another.
 */
export interface Backend<Device extends KernelBackend = KernelBackend> {
  /** Name under which tfjs knows it. */
  readonly name: string;
  /** tfjs's back end: it holds the tensors, and its registered kernels run tfjs's ops. */
  readonly device: Device;
  /** The fused ops it has kernels for; the others run as their references. */
  readonly fusedKernels: readonly FusedKernel<Device>[];
  /** A frozen weight as the device's data, float32 to tfjs: its fused kernels read it as it lies. */
  adopt(weight: MappedTensor): TensorInfo;
  /** Whether what `adopt` gives is a tensor like any other to every kernel. Default: some kernels read it as it lies, the others a copy. */
  readonly widensWeights?: boolean | undefined;
  /** Whether tensors can only be read asynchronously. Default: `dataSync` works. */
  readonly isAsynchronous?: boolean | undefined;
  /** AdamW's moments for these parameters, updated on the device. */
  moments(parameters: Variable[]): AdamwMoments;
  /** The same in bytes; means have the first map, squares the second. Default: they are computed where JavaScript runs. */
  byteMoments?(
    parameters: Variable[],
    maps: readonly [signed: CodeMap, unsigned: CodeMap],
  ): ByteMoments;
  /**
   * Compiles a kernel of a user. Default: gpu.js does, for where JavaScript runs.
   * @throws {TensorGpuError} `option` for what the device's kernels do not know.
   */
  compileKernel?(kernel: UserKernel): Promise<CompiledUserKernel<Device>>;
  /** Whether `decoder` takes layers with experts. Default: it does not. */
  readonly decodesExperts?: boolean | undefined;
  /** Makes ready to sample from a model. */
  decoder(model: DecodeModel): DecodeEngine;
  /**
   * Tells the listener every command from now on, until the returned function is called. That resolves when the listener knows
   * every time.
   * @throws {TensorGpuError} `backend` while another one listens, or where the device has no clock.
   */
  observe(listener: CommandListener): () => Promise<void>;
}

const opened = new WeakMap<KernelBackend, Backend>();

/** Offers the device to tfjs, with its fused kernels, and makes it tfjs's current back end. */
export async function openBackend<Device extends KernelBackend>(
  backend: Backend<Device>,
): Promise<void> {
  const { name, device, fusedKernels } = backend;
  for (const kernel of fusedKernels) registerFusedKernel(name, kernel);
  brandBackend(device);
  opened.set(device, backend);
  registerBackend(name, () => device);
  await setBackend(name);
}

/** Whether the current device's tensors can be read where they are computed (`dataSync`); a GPU's are awaited. */
export function readsAtOnce(): boolean {
  return !currentBackend()?.isAsynchronous;
}

/** tfjs's current back end, if it is a device of ours. */
export function currentBackend(): Backend | undefined {
  return opened.get(engine().backend);
}
