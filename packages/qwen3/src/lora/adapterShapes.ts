import type { Adapter, LayerSettings } from '../model/adapter.ts';
import { EXPERT_STACKS, stackName } from '../model/adapterLayer.ts';
import { layerDescription } from '../model/layerDescription.ts';
import type { Qwen3 } from '../model/qwen3.ts';

/** Rank and alpha of the adapted layers, by full name; of experts by the name of their stack. */
export type LayerRanks = Readonly<Record<string, Pick<LayerSettings, 'r' | 'alpha'>>>;

/** Full names of the stacks of experts that an adapter can have: `model.layers.0.mlp.experts.gate_up_proj`, …. */
export function expertStacks({ config }: Qwen3): string[] {
  const layers = Array.from({ length: config.numHiddenLayers }, (_, layer) => layer);
  return layers
    .filter((layer) => layerDescription(config, layer).mlp === 'experts')
    .flatMap((layer) => EXPERT_STACKS.map((stack) => `model.layers.${layer}.mlp.experts.${stack}`));
}

export function isStack(name: string): boolean {
  return /\.mlp\.experts\.(gate_up_proj|down_proj)$/.test(name);
}

/** Names and shapes of an adapter's parameters, as PEFT's files have them, in the order of the layers given. */
export function adapterShapes(
  model: Qwen3,
  layers: LayerRanks,
  useDora: boolean,
): Record<string, number[]> {
  const shapes: Record<string, number[]> = {};
  for (const [name, { r }] of Object.entries(layers)) {
    if (isStack(name)) {
      Object.assign(shapes, stackShapes(model, layers as Adapter['layers'], name));
      continue;
    }
    const [rows, columns] = model.matrix(`${name}.weight`).shape as readonly [number, number];
    shapes[`${name}.lora_A.weight`] = [r, columns];
    shapes[`${name}.lora_B.weight`] = [rows, r];
    if (useDora) shapes[`${name}.lora_magnitude_vector`] = [rows];
  }
  return shapes;
}

function stackShapes(
  { config }: Qwen3,
  layers: Adapter['layers'],
  name: string,
): Record<string, number[]> {
  const { numExperts = 0, moeIntermediateSize: inner = 0 } = config.moe ?? {};
  const width = numExperts * layers[name]!.r; // the caller goes through the layers
  const stored = stackName(layers, name);
  const isDown = name.endsWith('.down_proj');
  return {
    [`${stored}.lora_A.weight`]: [width, isDown ? inner : config.hiddenSize],
    [`${stored}.lora_B.weight`]: [isDown ? config.hiddenSize : 2 * inner, width],
  };
}
