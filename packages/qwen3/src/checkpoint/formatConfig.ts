import { checkConfig } from '../model/checkConfig.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';
import { checkWeightDtype, type WeightDtype } from './weightDtype.ts';

/**
 * The content of a `config.json` for a model, in both spellings at once, so that transformers 4.51 and 5 read it.
 *
 * `saveQwen3` writes it. Written by hand, a float that is whole needs a point in the file (`1.0`): transformers 5
 * refuses `"rms_norm_eps": 1`.
 *
 * @param dtype - how the weights beside it are stored.
 * @throws {Qwen3Error} `option` for another dtype, `config` for impossible sizes.
 */
export function formatConfig(config: Qwen3Config, dtype: WeightDtype): Record<string, unknown> {
  checkConfig(config, undefined, 'formatConfig');
  checkWeightDtype('formatConfig', dtype);
  return {
    architectures: ['Qwen3ForCausalLM'],
    model_type: 'qwen3',
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.numHiddenLayers,
    num_attention_heads: config.numAttentionHeads,
    num_key_value_heads: config.numKeyValueHeads,
    head_dim: config.headDim,
    hidden_act: 'silu',
    rms_norm_eps: config.rmsNormEps,
    rope_theta: config.ropeTheta,
    rope_scaling: null,
    rope_parameters: { rope_theta: config.ropeTheta, rope_type: 'default' },
    max_position_embeddings: config.maxPositionEmbeddings,
    initializer_range: config.initializerRange,
    tie_word_embeddings: config.tieWordEmbeddings,
    attention_bias: false,
    attention_dropout: 0,
    use_sliding_window: false,
    bos_token_id: config.bosTokenId,
    eos_token_id: config.eosTokenId,
    pad_token_id: config.padTokenId,
    dtype,
    torch_dtype: dtype,
  };
}
