import { engine, type KernelBackend, keep, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { MappedTensor, type Weight } from '../weights/mappedTensor.ts';
import { currentBackend } from './backend.ts';

/** Of each frozen weight: what it is on each device. */
const tensors = new WeakMap<MappedTensor, WeakMap<KernelBackend, Tensor>>();

/**
 * A weight as a tensor of the current device, float32 to tfjs. A frozen one stays where it lies on a device of ours; on
 * another one its values are copied there, once. The tensor belongs to the weight and goes with it.
 *
 * @throws {TensorGpuError} `disposed` if it was disposed.
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
  return engine().makeTensorFromTensorInfo(device.adopt(weight), device.device);
}
