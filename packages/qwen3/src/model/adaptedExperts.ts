import { add, type ExpertRoute, embedding, expertLinear, type Weight } from '@molrl/tensor-gpu';
import { mul, ones, pad, stack, type Tensor, zeros } from '@tensorflow/tfjs-core';
import { type AdaptedModel, type AdapterLayer, adapterLayer, rowScale } from './adapterLayer.ts';

/**
 * What `adaptedLinear` is for one matrix, for those of all experts at once: each on the rows that were sent to it.
 *
 * @param names - the experts' linear layers, by their full names.
 * @param rows - in the order of the route.
 */
export function adaptedExperts(
  model: AdaptedModel,
  names: readonly string[],
  { rows, route }: { rows: Tensor; route: ExpertRoute },
): Tensor {
  const { offsets, owners } = route;
  const weights = names.map((name) => model.matrix(`${name}.weight`));
  const layers = names.map((name) => adapterLayer(model, name));
  let y = expertLinear(rows, weights, offsets);
  if (layers.every((layer) => layer === undefined)) return y;
  const { downs, ups } = expertFactors(layers, weights[0]!.shape);
  y = add(y, expertLinear(expertLinear(rows, downs, offsets), ups, offsets));
  const table = expertRowScales(layers, weights);
  return table ? mul(y, embedding(table, owners)) : y;
}

/** What DoRA multiplies the rows of each expert with, `[E, out]`; undefined without it. */
export function expertRowScales(
  layers: readonly (AdapterLayer | undefined)[],
  weights: readonly Weight[],
): Tensor | undefined {
  const scales = layers.map((layer, e) => layer && rowScale(weights[e]!, layer));
  if (scales.every((scale) => scale === undefined)) return undefined;
  return stack(scales.map((scale) => scale ?? ones([weights[0]!.shape[0]!])));
}

/** A and scaled B of every expert, in one rank: what an expert lacks is 0. */
export function expertFactors(
  layers: readonly (AdapterLayer | undefined)[],
  [outputs, inputs]: readonly number[],
): { downs: Tensor[]; ups: Tensor[] } {
  const rank = Math.max(...layers.map((layer) => layer?.down.shape[0] ?? 0));
  const wide = (x: Tensor, axis: 0 | 1): Tensor => {
    const lacking = rank - x.shape[axis]!;
    if (lacking === 0) return x;
    const none: [number, number] = [0, 0];
    return pad(x, axis === 0 ? [[0, lacking], none] : [none, [0, lacking]]);
  };
  return {
    downs: layers.map((layer) => (layer ? wide(layer.down, 0) : zeros([rank, inputs!]))),
    ups: layers.map((layer) =>
      layer ? wide(mul(layer.up, layer.scaling), 1) : zeros([outputs!, rank]),
    ),
  };
}
