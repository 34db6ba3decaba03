/** `model_type` of a family that runs. */
export type ModelType = 'qwen3' | 'qwen3_moe' | 'qwen2' | 'llama' | 'mistral' | 'smollm3';

/** What sets a family apart from the others; everything else is in its config. */
interface ModelTypeRow {
  /** Classes of transformers whose weights are those of a language model of this family. */
  architectures: readonly [string, string];
  /** Queries and keys are normed per head, before the rotation. */
  qkNorm: boolean;
  /** q, k and v have biases although no field says so. */
  qkvBias: boolean;
  /** Optional fields of a config that this family knows. */
  fields: readonly (
    | 'attentionBias'
    | 'mlpBias'
    | 'noRopeLayers'
    | 'moe'
    | 'slidingWindow'
    | 'layerTypes'
  )[];
}

/** The families this package runs, by `model_type` of their `config.json`. A new one is a row, if its layers are of known parts. */
export const MODEL_TYPES: Readonly<Record<ModelType, ModelTypeRow>> = {
  qwen3: {
    architectures: ['Qwen3ForCausalLM', 'Qwen3Model'],
    qkNorm: true,
    qkvBias: false,
    fields: ['attentionBias', 'slidingWindow', 'layerTypes'],
  },
  qwen3_moe: {
    architectures: ['Qwen3MoeForCausalLM', 'Qwen3MoeModel'],
    qkNorm: true,
    qkvBias: false,
    fields: ['attentionBias', 'moe', 'slidingWindow'],
  },
  qwen2: {
    architectures: ['Qwen2ForCausalLM', 'Qwen2Model'],
    qkNorm: false,
    qkvBias: true,
    fields: ['slidingWindow', 'layerTypes'],
  },
  llama: {
    architectures: ['LlamaForCausalLM', 'LlamaModel'],
    qkNorm: false,
    qkvBias: false,
    fields: ['attentionBias', 'mlpBias'],
  },
  mistral: {
    architectures: ['MistralForCausalLM', 'MistralModel'],
    qkNorm: false,
    qkvBias: false,
    fields: ['slidingWindow'],
  },
  smollm3: {
    architectures: ['SmolLM3ForCausalLM', 'SmolLM3Model'],
    qkNorm: false,
    qkvBias: false,
    fields: ['attentionBias', 'mlpBias', 'noRopeLayers', 'slidingWindow', 'layerTypes'],
  },
};
