import type { MappedTensor, Weight } from '@molrl/tensor-gpu';
import { type Tensor, tensor } from '@tensorflow/tfjs-core';

/** Frozen weights lie outside the heap of the back end; they have no gradient. */
export function isFrozen(weight: Weight): weight is MappedTensor {
  return weight.dtype !== 'float32';
}

/** The weight as a float32 tensor of the back end: itself, or a copy of a frozen one. */
export function heapTensor(weight: Weight): Tensor {
  return isFrozen(weight) ? tensor(weight.dataSync(), [...weight.shape], 'float32') : weight;
}

/** The values of a weight as float32. */
export async function valuesOf(weight: Weight): Promise<Float32Array> {
  return isFrozen(weight) ? weight.dataSync() : ((await weight.data()) as Float32Array); // weights are float32
}
