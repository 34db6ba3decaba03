import { engine, type NamedTensorMap, type Tensor, add as tfjsAdd } from '@tensorflow/tfjs-core';
import { recordAlias } from '../fused/recordAlias.ts';

/**
 * `a + b`, as `tf.add` with its broadcasts. For two float32 tensors of one shape, such as a residual, it costs less: nothing
 * is saved for its gradient, which is the cotangent itself.
 *
 * @throws {Error} of tfjs, if the shapes cannot be broadcast.
 *
 * @example
 * add(tensor1d([1, 2]), tensor1d([3, 4])).dataSync(); // Float32Array [4, 6]
 */
export function add(a: Tensor, b: Tensor): Tensor {
  const alike =
    a.dtype === 'float32' && b.dtype === 'float32' && String(a.shape) === String(b.shape);
  if (!alike) return tfjsAdd(a, b);
  const inputs: NamedTensorMap = { a, b };
  return recordAlias('Add', inputs, () => engine().runKernel('Add', inputs) as Tensor); // one output
}
