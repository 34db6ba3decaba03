import type { StateTensor } from '@molrl/tensor-gpu';
import { tensor, tidy, type Variable } from '@tensorflow/tfjs-core';

/** Values of tensors by name, off the device. */
export type Weights = Record<string, Float32Array>;

/** Tensors of an optimizer's state by name. */
export type Moments = Record<string, StateTensor>;

/** Copies the values of variables. */
export async function readWeights(variables: Record<string, Variable>): Promise<Weights> {
  const weights: Weights = {};
  for (const [name, variable] of Object.entries(variables)) {
    weights[name] = Float32Array.from(await variable.data());
  }
  return weights;
}

/** Puts values back into variables of the same names and sizes. */
export function writeWeights(variables: Record<string, Variable>, weights: Weights): void {
  for (const [name, variable] of Object.entries(variables)) {
    const values = weights[name];
    if (values?.length !== variable.size) {
      throw new Error(
        `writeWeights: ${name} has ${variable.size} values in the model, ${values?.length ?? 'none'} in the saved weights. They are of another model.`,
      );
    }
    tidy(() => variable.assign(tensor(values, variable.shape, 'float32')));
  }
}
