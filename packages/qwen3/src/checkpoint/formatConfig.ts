import { checkConfig } from '../model/checkConfig.ts';
import { MODEL_TYPES } from '../model/modelTypes.ts';
import type { MoeConfig, Qwen3Config } from '../model/qwen3Config.ts';
import type { RopeScaling } from '../model/ropeScaling.ts';
import { ROPE_KEYS } from './ropeSettings.ts';
import { checkWeightDtype, type WeightDtype } from './weightDtype.ts';

/**
 * The content of a `config.json` for a model, in both spellings at once, so that transformers 4.51 and 5 read it.
 *
 * `saveModel` writes it. Written by hand, a float that is whole needs a point in the file (`1.0`): transformers 5
 * refuses `"rms_norm_eps": 1`.
 *
 * @param dtype - how the weights beside it are stored.
 * @throws {Qwen3Error} `option` for another dtype, `config` for impossible sizes.
 */
export function formatConfig(config: Qwen3Config, dtype: WeightDtype): Record<string, unknown> {
  checkConfig(config, undefined, 'formatConfig');
  checkWeightDtype('formatConfig', dtype);
  const { modelType = 'qwen3', ropeTheta, ropeScaling, noRopeLayers, moe } = config;
  const scaling = ropeScaling && fileScaling(ropeScaling);
  const { fields } = MODEL_TYPES[modelType];
  return {
    architectures: [MODEL_TYPES[modelType].architectures[0]],
    model_type: modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.numHiddenLayers,
    num_attention_heads: config.numAttentionHeads,
    num_key_value_heads: config.numKeyValueHeads,
    head_dim: config.headDim,
    hidden_act: 'silu',
    rms_norm_eps: config.rmsNormEps,
    rope_theta: ropeTheta,
    rope_scaling: scaling ? { ...scaling, rope_theta: ropeTheta } : null, // transformers 5 takes it instead of the next
    rope_parameters: { rope_theta: ropeTheta, rope_type: 'default', ...scaling },
    max_position_embeddings: config.maxPositionEmbeddings,
    initializer_range: config.initializerRange,
    tie_word_embeddings: config.tieWordEmbeddings,
    ...(fields.includes('attentionBias') && { attention_bias: config.attentionBias ?? false }),
    ...(fields.includes('mlpBias') && { mlp_bias: config.mlpBias ?? false }),
    ...(noRopeLayers && { no_rope_layers: noRopeLayers }),
    ...(moe && fileExperts(moe)),
    attention_dropout: 0,
    ...(fields.includes('slidingWindow') && fileWindows(config)),
    bos_token_id: config.bosTokenId,
    eos_token_id: config.eosTokenId,
    pad_token_id: config.padTokenId,
    dtype,
    torch_dtype: dtype,
  };
}

/** As transformers since 4.53 reads it (`layer_types`), and those before it where the last layers have the window. */
function fileWindows(config: Qwen3Config): Record<string, unknown> {
  const { modelType, slidingWindow, layerTypes } = config;
  if (modelType === 'mistral') return { sliding_window: slidingWindow ?? null };
  if (slidingWindow === undefined) return { use_sliding_window: false };
  const types = layerTypes ?? new Array(config.numHiddenLayers).fill('sliding_attention');
  return {
    use_sliding_window: true,
    sliding_window: slidingWindow,
    max_window_layers: types.indexOf('sliding_attention'),
    ...(modelType !== 'qwen3_moe' && { layer_types: types }),
  };
}

const fileScaling = ({ ropeType, ...fields }: RopeScaling): Record<string, unknown> => ({
  rope_type: ropeType,
  ...Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => [ROPE_KEYS[field]!, value]),
  ),
});

const fileExperts = (moe: MoeConfig): Record<string, unknown> => ({
  num_experts: moe.numExperts,
  num_experts_per_tok: moe.numExpertsPerTok,
  moe_intermediate_size: moe.moeIntermediateSize,
  norm_topk_prob: moe.normTopkProb,
  decoder_sparse_step: moe.decoderSparseStep,
  mlp_only_layers: moe.mlpOnlyLayers,
  router_aux_loss_coef: moe.routerAuxLossCoef,
});
