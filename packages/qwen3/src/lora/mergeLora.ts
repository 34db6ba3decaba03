import { mul, tidy, type Variable, variable } from '@tensorflow/tfjs-core';
import { checkModel } from '../model/checkModel.ts';
import { heapTensor } from '../model/frozenWeight.ts';
import { Qwen3 } from '../model/qwen3.ts';
import { effectiveWeights } from './effectiveWeights.ts';

/**
 * A plain model with the adapter worked into its weights: a copy, `model` stays as it is.
 *
 *     W' = W + s B A        s = alpha / r, with rsLoRA alpha / sqrt(r)
 *     DoRA: W' = m (W + s B A) / ||W + s B A||, row by row
 *
 * Saved as bfloat16, a small update is lost to rounding: see `saveModel`.
 *
 * @returns a model that the caller disposes of. Without an adapter (or with it off) it is a copy.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * addLora(model, { r: 4, alpha: 8 });
 * mergeLora(model).adapter === undefined; // true
 */
export function mergeLora(model: Qwen3): Qwen3 {
  checkModel('mergeLora', model);
  const { weights, dispose } = effectiveWeights(model);
  const parameters: Record<string, Variable> = {};
  for (const [name, weight] of Object.entries(weights)) {
    // A new buffer, not a clone: optimisers may write into the old one.
    parameters[name] = tidy(() => variable(mul(heapTensor(weight), 1)));
  }
  dispose();
  return new Qwen3({ ...model.config }, { parameters, folder: model.folder });
}
