import { LINEAR_MODULES, type LinearModule, layerDescription } from './layerDescription.ts';
import type { Qwen3Config } from './qwen3Config.ts';

/** Names and shapes, by name. */
type Shapes = Record<string, number[]>;

/**
 * Name and shape of every parameter, in the order and under the names of Hugging Face checkpoints.
 * Linear weights are `[out, in]`. A tied model has no `lm_head.weight`.
 */
export function parameterShapes(config: Qwen3Config): Shapes {
  const { vocabSize, hiddenSize } = config;
  const shapes: Shapes = { 'model.embed_tokens.weight': [vocabSize, hiddenSize] };
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    for (const [name, shape] of Object.entries(layerShapes(config, layer))) {
      shapes[`model.layers.${layer}.${name}`] = shape;
    }
  }
  shapes['model.norm.weight'] = [hiddenSize];
  if (!config.tieWordEmbeddings) shapes['lm_head.weight'] = [vocabSize, hiddenSize];
  return shapes;
}

/** Of one layer, without `model.layers.N.`. */
export function layerShapes(config: Qwen3Config, layer: number): Shapes {
  const { hiddenSize: hidden, headDim, moe } = config;
  const { qkNorm, biases, mlp } = layerDescription(config, layer);
  const sizes = moduleShapes(config, config.intermediateSize);
  const shapes: Shapes = {};
  const linear = (module: LinearModule): void => {
    const name = `${LINEAR_MODULES[module]}.${module}`;
    shapes[`${name}.weight`] = sizes[module];
    if (biases.includes(module)) shapes[`${name}.bias`] = [sizes[module][0]];
  };
  for (const module of ATTENTION) linear(module);
  if (qkNorm) {
    shapes['self_attn.q_norm.weight'] = [headDim];
    shapes['self_attn.k_norm.weight'] = [headDim];
  }
  if (mlp === 'dense' || !moe) for (const module of MLP) linear(module);
  else {
    const narrow = moduleShapes(config, moe.moeIntermediateSize);
    shapes['mlp.gate.weight'] = [moe.numExperts, hidden];
    for (let expert = 0; expert < moe.numExperts; expert++) {
      for (const module of MLP) shapes[`mlp.experts.${expert}.${module}.weight`] = narrow[module];
    }
  }
  shapes['input_layernorm.weight'] = [hidden];
  shapes['post_attention_layernorm.weight'] = [hidden];
  return shapes;
}

const ATTENTION = ['q_proj', 'k_proj', 'v_proj', 'o_proj'] as const;
const MLP = ['gate_proj', 'up_proj', 'down_proj'] as const;

/** `[out, in]` of the linear layers, for an MLP of that width. */
function moduleShapes(
  { hiddenSize: hidden, headDim, numAttentionHeads, numKeyValueHeads }: Qwen3Config,
  inner: number,
): Record<LinearModule, [number, number]> {
  const queries = numAttentionHeads * headDim;
  const keys = numKeyValueHeads * headDim;
  return {
    q_proj: [queries, hidden],
    k_proj: [keys, hidden],
    v_proj: [keys, hidden],
    o_proj: [hidden, queries],
    gate_proj: [inner, hidden],
    up_proj: [inner, hidden],
    down_proj: [hidden, inner],
  };
}
