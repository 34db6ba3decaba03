// For tests.
import { randomNormal, square, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Adapter } from './adapter.ts';
import type { AdaptedModel } from './adapterLayer.ts';

const normal = (shape: number[], seed: number): Tensor =>
  randomNormal(shape, 0, 1, 'float32', seed);

/**
 * An adapter of two of a layer's experts: the first has rank 2, the other rank 3 and DoRA.
 *
 * @param names - the linear layers of the two.
 */
export function mixedExpertAdapter(
  model: AdaptedModel,
  [first, other]: readonly [string, string],
): Adapter {
  const weightOf = (name: string) => model.weight(`${name}.weight`);
  const [outputs, inputs] = weightOf(first).shape as [number, number]; // of a matrix
  const parameters = {
    [`${first}.lora_A.weight`]: normal([2, inputs], 1),
    [`${first}.lora_B.weight`]: normal([outputs, 2], 2),
    [`${other}.lora_A.weight`]: normal([3, inputs], 3),
    [`${other}.lora_B.weight`]: normal([outputs, 3], 4),
    [`${other}.lora_magnitude_vector`]: normal([outputs], 5),
  };
  const own = {
    ...{ name: 'mixed', enabled: true, parameters },
    layers: { [first]: { r: 2, alpha: 1, scaling: 0.5 }, [other]: { r: 3, alpha: 6, scaling: 2 } },
    rowNorms: { [other]: tidy(() => sum(square(weightOf(other)), 1)) },
  };
  return own as unknown as Adapter; // what a layer asks of one
}
