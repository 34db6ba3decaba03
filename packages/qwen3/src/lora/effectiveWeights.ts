import type { Weight } from '@molrl/tensor-gpu';
import { add, matMul, mul, reshape, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { type AdapterLayer, adapterLayer, rowScale } from '../model/adapterLayer.ts';
import { heapTensor } from '../model/frozenWeight.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { linearModules } from './adapterTargets.ts';

/**
 * The weights the model computes with: its own, and `W + scaling B A` (DoRA: its rows of the trained length) where an adapter is on.
 *
 * @returns `weights` by name, and `dispose()`, which frees the merged copies and nothing else.
 */
export function effectiveWeights(model: Qwen3): {
  weights: Record<string, Weight>;
  dispose(): void;
} {
  const weights = model.weights();
  const merged: Tensor[] = [];
  for (const name of linearModules(model)) {
    const [sum] = tidy(() => {
      const layer = adapterLayer(model, name); // of experts it is cut out, for this call
      return layer ? [mergedWeight(heapTensor(model.matrix(`${name}.weight`)), layer)] : [];
    });
    if (!sum) continue;
    merged.push(sum);
    weights[`${name}.weight`] = sum;
  }
  return {
    weights,
    dispose() {
      for (const tensor of merged) tensor.dispose();
    },
  };
}

function mergedWeight(weight: Tensor, layer: AdapterLayer): Tensor {
  const { down, up, scaling } = layer;
  const sum = add(weight, mul(matMul(up, down), scaling));
  const scale = rowScale(weight, layer);
  return scale ? mul(sum, reshape(scale, [scale.size, 1])) : sum;
}
