import { add, linear } from '@molrl/tensor-gpu';
import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { type AdaptedModel, adapterLayer, rowScale } from './adapterLayer.ts';

/** A linear layer, by its full name. */
export interface Projection {
  name: string;
  bias: boolean;
}

/**
 * A linear layer with what the adapter that is on adds to it.
 *
 *     x W^T + (scaling x A^T) B^T + b        with DoRA  m / ||W + scaling B A|| (x W^T + (scaling x A^T) B^T) + b
 */
export function adaptedLinear(model: AdaptedModel, { name, bias }: Projection, x: Tensor): Tensor {
  const weight = model.matrix(`${name}.weight`);
  const layer = adapterLayer(model, name);
  let y = linear(x, weight);
  if (layer) {
    const { down, up, scaling } = layer;
    y = add(y, linear(mul(linear(x, down), scaling), up)); // of the narrow product: nothing wide is scaled, or waits for its gradient
    const scale = rowScale(weight, layer);
    if (scale) y = mul(y, scale);
  }
  return bias ? add(y, model.weight(`${name}.bias`)) : y;
}
