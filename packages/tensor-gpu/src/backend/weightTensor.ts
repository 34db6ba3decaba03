import { engine, type KernelBackend, keep, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { MappedTensor, type Weight } from '../weights/mappedTensor.ts';
import type { StoredDtype } from '../weights/storedDtype.ts';
import { currentBackend } from './backend.ts';

/** Of each frozen weight: what it is on each device. */
const tensors = new WeakMap<MappedTensor, WeakMap<KernelBackend, Tensor>>();

/** By the data of a tensor on a device of ours: how the frozen weight behind it is stored. */
const dtypes = new WeakMap<object, StoredDtype>();

/**
 * A weight as a tensor of the current device, float32 to tfjs. A frozen one stays where it lies on a device of ours: `linear`,
 * `embedding`, `lmHead` and the decoder read it there, any other op a float32 copy in the heap, made for it and given back
 * when the running code returns. On another device its values are copied there, once. The tensor belongs to the weight and
 * goes with it.
 *
 * @throws {TensorGpuError} `disposed` if it was disposed.
 *
 * @example
 * const frozen = storedTensor(Float32Array.of(1, 2), { shape: [1, 2], dtype: 'f32' });
 * const tensor = weightTensor(frozen);
 * linear(tensor2d([[3, 5]]), tensor); // [[13]]
 */
export function weightTensor(weight: Weight): Tensor {
  if (!(weight instanceof MappedTensor)) return weight;
  const { backend } = engine();
  const known = tensors.get(weight)?.get(backend);
  if (known !== undefined && !known.isDisposed) return known;
  const made = keep(adoptWeight(weight));
  const devices = tensors.get(weight) ?? new WeakMap<KernelBackend, Tensor>();
  tensors.set(weight, devices.set(backend, made));
  weight.onDispose(() => made.dispose());
  return made;
}

/** The same, as a tensor of the scope that is open. */
export function adoptWeight(weight: MappedTensor): Tensor {
  const device = currentBackend();
  if (device === undefined) return tensor(weight.dataSync(), [...weight.shape], 'float32');
  const info = device.adopt(weight);
  if (!device.widensWeights) dtypes.set(info.dataId, weight.dtype);
  return engine().makeTensorFromTensorInfo(info, device.device);
}

/** How a weight is stored, if it is a frozen one on a device of ours. */
export function storedDtype(weight: Tensor): StoredDtype | undefined {
  return dtypes.get(weight.dataId);
}
