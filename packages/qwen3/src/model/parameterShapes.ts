import type { Qwen3Config } from './qwen3Config.ts';

/** The seven linear layers of a block, with the module each belongs to: what LoRA can adapt. */
export const LINEAR_MODULES = {
  q_proj: 'self_attn',
  k_proj: 'self_attn',
  v_proj: 'self_attn',
  o_proj: 'self_attn',
  gate_proj: 'mlp',
  up_proj: 'mlp',
  down_proj: 'mlp',
} as const;

/** A linear layer of a block, by the last part of its Hugging Face name. */
export type LinearModule = keyof typeof LINEAR_MODULES;

/**
 * Name and shape of every parameter, in the order and under the names of Hugging Face checkpoints.
 * Linear weights are `[out, in]`. A tied model has no `lm_head.weight`.
 */
export function parameterShapes(config: Qwen3Config): Record<string, number[]> {
  const { hiddenSize: hidden, intermediateSize: inner, headDim } = config;
  const queries = config.numAttentionHeads * headDim;
  const keys = config.numKeyValueHeads * headDim;
  const shapes: Record<string, number[]> = {
    'model.embed_tokens.weight': [config.vocabSize, hidden],
  };
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const prefix = `model.layers.${layer}`;
    shapes[`${prefix}.self_attn.q_proj.weight`] = [queries, hidden];
    shapes[`${prefix}.self_attn.k_proj.weight`] = [keys, hidden];
    shapes[`${prefix}.self_attn.v_proj.weight`] = [keys, hidden];
    shapes[`${prefix}.self_attn.o_proj.weight`] = [hidden, queries];
    shapes[`${prefix}.self_attn.q_norm.weight`] = [headDim];
    shapes[`${prefix}.self_attn.k_norm.weight`] = [headDim];
    shapes[`${prefix}.mlp.gate_proj.weight`] = [inner, hidden];
    shapes[`${prefix}.mlp.up_proj.weight`] = [inner, hidden];
    shapes[`${prefix}.mlp.down_proj.weight`] = [hidden, inner];
    shapes[`${prefix}.input_layernorm.weight`] = [hidden];
    shapes[`${prefix}.post_attention_layernorm.weight`] = [hidden];
  }
  shapes['model.norm.weight'] = [hidden];
  if (!config.tieWordEmbeddings) shapes['lm_head.weight'] = [config.vocabSize, hidden];
  return shapes;
}
