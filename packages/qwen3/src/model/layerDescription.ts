import { MODEL_TYPES } from './modelTypes.ts';
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

/** What a layer is made of. Forward pass, parameters and sampler read this and never ask for a family. */
export interface LayerDescription {
  /** Queries and keys are normed per head. */
  qkNorm: boolean;
  /** Queries and keys are turned by their position. */
  rope: boolean;
  /** Tokens that a token attends to, with itself. Undefined: all before it. */
  window: number | undefined;
  /** The linear layers that have a bias. */
  biases: readonly LinearModule[];
  /** One MLP for all tokens, or a router and experts. */
  mlp: 'dense' | 'experts';
}

/** Layer number `layer` of a model. */
export function layerDescription(config: Qwen3Config, layer: number): LayerDescription {
  const { modelType = 'qwen3', attentionBias, mlpBias, noRopeLayers, moe } = config;
  const { slidingWindow, layerTypes } = config;
  const { qkNorm, qkvBias } = MODEL_TYPES[modelType];
  const biases: LinearModule[] = [];
  if (qkvBias || attentionBias) biases.push('q_proj', 'k_proj', 'v_proj');
  if (attentionBias) biases.push('o_proj');
  if (mlpBias) biases.push('gate_proj', 'up_proj', 'down_proj');
  const isSparse =
    moe && !moe.mlpOnlyLayers.includes(layer) && (layer + 1) % moe.decoderSparseStep === 0;
  return {
    qkNorm,
    rope: noRopeLayers?.[layer] !== 0,
    window: layerTypes?.[layer] === 'full_attention' ? undefined : slidingWindow,
    biases,
    mlp: isSparse ? 'experts' : 'dense',
  };
}
