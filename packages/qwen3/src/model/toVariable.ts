import { tensor, tidy, type Variable, variable } from '@tensorflow/tfjs-core';

/** A trainable variable on the current back end. */
export function toVariable(values: Float32Array, shape: number[]): Variable {
  return tidy(() => variable(tensor(values, shape, 'float32')));
}
