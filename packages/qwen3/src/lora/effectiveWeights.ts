import { add, dispose, div, matMul, mul, reshape, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { type AdapterLayer, adaptedRowNorms, adapterLayer } from '../model/adapterLayer.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { linearModules } from './adapterTargets.ts';

/**
 * The weights the model computes with: its own, and `W + scaling B A` (DoRA: its rows of the trained length) where an adapter is on.
 *
 * @returns `weights` by name, and `dispose()`, which frees the merged copies and nothing else.
 */
export function effectiveWeights(model: Qwen3): {
  weights: Record<string, Tensor>;
  dispose(): void;
} {
  const weights: Record<string, Tensor> = { ...model.parameters };
  const merged: Tensor[] = [];
  for (const name of linearModules(model)) {
    const layer = adapterLayer(model, name);
    if (!layer) continue;
    const sum = tidy(() => mergedWeight(model.weight(`${name}.weight`) as Tensor, layer));
    merged.push(sum);
    weights[`${name}.weight`] = sum;
    if (/\.experts\.\d+\./.test(name)) dispose([layer.down, layer.up]); // cut out for this call
  }
  return {
    weights,
    dispose() {
      for (const tensor of merged) tensor.dispose();
    },
  };
}

function mergedWeight(weight: Tensor, layer: AdapterLayer): Tensor {
  const { down, up, scaling, magnitude, rowNorms } = layer;
  const sum = add(weight, mul(matMul(up, down), scaling));
  if (!magnitude || !rowNorms) return sum;
  const scale = div(magnitude, adaptedRowNorms(weight, { ...layer, rowNorms }));
  return mul(sum, reshape(scale, [scale.size, 1]));
}
