import { describe, expect, test } from 'vitest';
import { Qwen3Error } from '../base/errors.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { formatConfig } from './formatConfig.ts';
import { parseConfig } from './parseConfig.ts';

const sizes = {
  model_type: 'qwen3',
  vocab_size: 10,
  hidden_size: 8,
  intermediate_size: 6,
  num_hidden_layers: 1,
  num_attention_heads: 4,
};

const plainRope = { rope_type: 'default', rope_theta: 10_000 };

const llama3 = {
  ...{ rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 },
  original_max_position_embeddings: 16,
};

function errorOf(run: () => unknown): Error | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

describe('parseConfig', () => {
  test('reads both spellings alike', () => {
    const old = { ...sizes, rope_theta: 5e6, rope_scaling: null, torch_dtype: 'bfloat16' };
    const rope = { rope_theta: 5e6, rope_type: 'default' };
    const current = { ...sizes, rope_parameters: rope, layer_types: ['full_attention'] };
    expect(parseConfig(old)).toEqual(parseConfig(current));
    expect(parseConfig(old).ropeTheta).toBe(5e6);
  });

  test('the theta inside rope_parameters wins; none at all is 10000', () => {
    const both = { ...sizes, rope_theta: 1, rope_parameters: { rope_theta: 2 } };
    expect(parseConfig(both).ropeTheta).toBe(2);
    expect(parseConfig(sizes).ropeTheta).toBe(10_000);
  });

  test.each([
    // values of transformers 5.24: `rope_scaling or rope_parameters`, then the theta beside them
    [{ rope_parameters: { rope_theta: 2 }, rope_scaling: { type: 'default', rope_theta: 3 } }, 3],
    [{ rope_parameters: { rope_theta: 2 }, rope_scaling: { rope_type: 'default' } }, 10_000],
    [{ rope_theta: 4, rope_parameters: { rope_theta: 2 }, rope_scaling: { type: 'default' } }, 4],
    [{ rope_parameters: { rope_theta: 2 }, rope_scaling: {} }, 2],
    [{ rope_parameters: {}, rope_theta: 4 }, 4],
    [{ rope_parameters: null, rope_scaling: null, rope_theta: 4 }, 4],
    [{ rope_parameters: { rope_theta: 2, partial_rotary_factor: 0.5 } }, 2],
  ])('%j has the theta %d', (extra, theta) => {
    expect(parseConfig({ ...sizes, ...extra }).ropeTheta).toBe(theta);
  });

  test.each([
    [{ use_sliding_window: true, max_window_layers: 1 }],
    [{ use_sliding_window: true, sliding_window: null }],
    [{ use_sliding_window: true, layer_types: ['full_attention'] }],
    [{ use_sliding_window: false, sliding_window: 4096, max_window_layers: 0 }],
    [{ architectures: ['Qwen3Model'], hidden_act: 'swish', attention_bias: false }],
    [{ partial_rotary_factor: 0.5 }],
    [{ eos_token_id: [5, 6], bos_token_id: 99, pad_token_id: 9 }],
    [{ eos_token_id: [] }],
    [{ eos_token_id: 10 }], // a warning in transformers; `generate` refuses it unless other ends are given
  ])('%j can be run', (extra) => {
    expect(parseConfig({ ...sizes, ...extra }).numHiddenLayers).toBe(1);
  });

  test('values as deep or as long as a file can hold them are shown in a few words', () => {
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    const long = 'x'.repeat(1e6);
    const keys = Object.keys({ ...formatConfig(TINY_CONFIG, 'float32'), layer_types: 0 });
    for (const key of keys) {
      for (const value of [deep, long, { [long]: deep }]) {
        const error = errorOf(() => parseConfig({ ...sizes, [key]: value }));
        if (error) expect(error).toBeInstanceOf(Qwen3Error);
        expect(error?.message.length ?? 0).toBeLessThan(600);
      }
    }
  });

  const [full, sliding] = ['full_attention', 'sliding_attention'] as const;
  const windows = { use_sliding_window: true, sliding_window: 8 };
  test.each<[string, Record<string, unknown>, Partial<Qwen3Config>]>([
    // what transformers 5.24 makes of models of five layers
    ['qwen3', { use_sliding_window: true }, {}],
    ['qwen2', { use_sliding_window: true, max_window_layers: 0 }, { slidingWindow: 4096 }],
    ['qwen3', { ...windows, max_window_layers: 5 }, {}],
    [
      'qwen2',
      { ...windows, max_window_layers: 3 },
      { slidingWindow: 8, layerTypes: [full, full, full, sliding, sliding] },
    ],
    [
      'qwen3',
      { ...windows, max_window_layers: 0, layer_types: [full, sliding, full, sliding, full] },
      { slidingWindow: 8, layerTypes: [full, sliding, full, sliding, full] },
    ],
    ['qwen3', { ...windows, layer_types: new Array(5).fill(full) }, {}],
    ['qwen3', { sliding_window: 8, max_window_layers: 0 }, {}],
    ['qwen3_moe', { ...windows, max_window_layers: 3 }, { slidingWindow: 8 }],
    ['qwen3_moe', { sliding_window: 8 }, {}],
    ['mistral', {}, { slidingWindow: 4096 }],
    ['mistral', { sliding_window: null }, {}],
    ['mistral', { sliding_window: 8, use_sliding_window: false }, { slidingWindow: 8 }],
    ['smollm3', { use_sliding_window: true }, {}],
    ['smollm3', { sliding_window: 8 }, {}],
    ['smollm3', windows, { slidingWindow: 8, layerTypes: [full, full, full, sliding, full] }],
  ])('%s with %j has the windows %j, written as it was read', (model_type, extra, expected) => {
    const config = parseConfig({ ...sizes, num_hidden_layers: 5, model_type, ...extra });
    const { slidingWindow, layerTypes } = config;
    expect({ slidingWindow, layerTypes }).toEqual({ slidingWindow: undefined, ...expected });
    expect(parseConfig(formatConfig(config, 'float32'))).toEqual(config);
  });

  test.each([null, [], 'x', 7])('%j is no config', (json) => {
    expect(() => parseConfig(json as never)).toThrow(expect.objectContaining({ code: 'config' }));
  });

  test('defaults are those of transformers', () => {
    const { headDim, numKeyValueHeads, tieWordEmbeddings } = parseConfig(sizes);
    expect({ headDim, numKeyValueHeads, tieWordEmbeddings }).toEqual({
      headDim: 128,
      numKeyValueHeads: 4,
      tieWordEmbeddings: false,
    });
  });

  test('formatConfig writes what it reads', () => {
    expect(parseConfig(formatConfig(TINY_CONFIG, 'float32'))).toEqual(TINY_CONFIG);
  });

  test('a family that does not run is named with what it would need', () => {
    expect(() => parseConfig({ ...sizes, model_type: 'gemma3_text' })).toThrow(
      'model_type "gemma3_text" (it needs norms that scale by 1 + w and four of them a layer',
    );
  });

  test.each<[Record<string, unknown>, Partial<Qwen3Config>]>([
    [
      { rope_scaling: { type: 'linear', factor: 2 } },
      { ropeScaling: { ropeType: 'linear', factor: 2 } },
    ],
    [
      { rope_parameters: plainRope, rope_scaling: { rope_type: 'yarn', factor: 4 } },
      { ropeScaling: { ropeType: 'yarn', factor: 4, originalMaxPositionEmbeddings: 32_768 } },
    ],
    [
      { rope_scaling: { ...llama3, attention_factor: null } },
      {
        ropeScaling: {
          ...{ ropeType: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4 },
          originalMaxPositionEmbeddings: 16,
        },
      },
    ],
    [{ attention_bias: true }, { attentionBias: true }],
    [
      { model_type: 'qwen2', attention_bias: true },
      { modelType: 'qwen2', headDim: 2 },
    ],
    [
      { model_type: 'llama', mlp_bias: true, hidden_size: 24 },
      { modelType: 'llama', mlpBias: true, headDim: 6, maxPositionEmbeddings: 2048 },
    ],
    [
      { model_type: 'smollm3', num_hidden_layers: 5 },
      { noRopeLayers: [1, 1, 1, 0, 1], ropeTheta: 2e6, tieWordEmbeddings: true },
    ],
    [
      { model_type: 'smollm3', no_rope_layers: null, no_rope_layer_interval: 1 },
      { noRopeLayers: [0] },
    ],
    [
      { model_type: 'qwen3_moe', num_local_experts: 4, num_experts_per_tok: 2 },
      {
        moe: {
          ...{ numExperts: 4, numExpertsPerTok: 2, moeIntermediateSize: 768, normTopkProb: false },
          ...{ decoderSparseStep: 1, mlpOnlyLayers: [], routerAuxLossCoef: 0.001 },
        },
      },
    ],
  ])('%j is read, and written as it was read', (extra, expected) => {
    const config = parseConfig({ ...sizes, ...extra });
    expect(config).toMatchObject(expected);
    expect(parseConfig(formatConfig(config, 'float32'))).toEqual(config);
  });

  test.each([
    [{ model_type: 'gemma3_text' }],
    [{ model_type: ['qwen3'] }],
    [{ model_type: 'toString' }],
    [{ num_experts: 8 }],
    [{ model_type: 'llama', architectures: ['Qwen3ForCausalLM'] }],
    [{ mlp_bias: true }],
    [{ model_type: 'llama', no_rope_layers: [1] }],
    [{ rope_scaling: { type: 'yarn', factor: 4, low_freq_factor: 1 } }],
    [{ rope_scaling: { type: 'yarn', factor: 4, partial_rotary_factor: 0.5 } }],
    [{ rope_scaling: { rope_type: 'longrope', factor: 4 } }],
    [{ layer_types: ['chunked_attention'] }],
    [{ model_type: 'llama', use_sliding_window: true, sliding_window: 8 }],
    [{ model_type: 'llama', layer_types: ['sliding_attention'] }],
    [{ hidden_act: 'gelu' }],
    [{ quantization_config: { bits: 4 } }],
    [{ rope_scaling: { rope_type: 'dynamic', factor: 2 } }],
    [{ rope_scaling: { factor: 2 } }],
    [{ rope_scaling: { rope_type: null } }],
    [{ rope_parameters: { full_attention: plainRope } }],
    [{ rope_parameters: { full_attention: null } }],
    [{ rope_parameters: plainRope, rope_scaling: { full_attention: null } }],
    [{ rope_parameters: { full_attention: { rope_type: 'yarn', factor: 4 } } }],
    [{ layer_types: 'full_attention' }],
    [{ architectures: ['Qwen3ForSequenceClassification'] }],
    [{ per_layer_config: { 0: { head_dim: 4 } } }],
  ])('%j is not supported by this version', (extra) => {
    expect(() => parseConfig({ ...sizes, ...extra })).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
  });

  test.each([
    [{ vocab_size: 0 }],
    [{ hidden_size: 'wide' }],
    [{ num_key_value_heads: 3 }],
    [{ head_dim: 7 }],
    [{ pad_token_id: 10 }],
    [{ rope_theta: -1 }],
    [{ rope_theta: '10000' }],
    [{ rope_parameters: { rope_theta: null } }],
    [{ sliding_window: '5' }],
    [{ max_window_layers: 1.5 }],
    [{ rope_parameters: 'yarn' }],
    [{ rope_parameters: ['yarn'] }],
    [{ rope_scaling: 'yarn' }],
    [{ rope_scaling: 4 }],
    [{ attention_bias: 1 }],
    [{ attention_bias: 'false' }],
    [{ tie_word_embeddings: 1 }],
    [{ use_sliding_window: 'no' }],
    [{ layer_types: ['full_attention', 'full_attention'] }],
    [{ layer_types: ['sliding_attention'] }],
    [{ use_sliding_window: true, max_window_layers: 0, sliding_window: 0 }],
    [{ model_type: 'mistral', sliding_window: -1 }],
    [{ eos_token_id: '5' }],
    [{ eos_token_id: 5.5 }],
    [{ eos_token_id: {} }],
    [{ eos_token_id: [5, '6'] }],
    [{ eos_token_id: [5, null] }],
    [{ eos_token_id: [[5]] }],
    [{ eos_token_id: true }],
    [{ bos_token_id: '1' }],
    [{ bos_token_id: [1] }],
    [{ pad_token_id: 1.5 }],
    [{ pad_token_id: [1] }],
    [{ pad_token_id: '1' }],
    [{ rope_parameters: { rope_type: 'yarn' } }],
    [{ rope_parameters: { rope_type: 'linear', factor: '2' } }],
    [{ rope_parameters: { rope_type: 'yarn', factor: 4, truncate: 1 } }],
    [{ rope_parameters: { ...llama3, high_freq_factor: 1 } }],
    [{ model_type: 'smollm3', no_rope_layers: [] }],
    [{ model_type: 'smollm3', no_rope_layers: [2] }],
    [{ model_type: 'llama', mlp_bias: 'no' }],
    [{ model_type: 'llama', num_attention_heads: 8 }],
    [{ model_type: 'qwen3_moe', num_experts: 4, num_experts_per_tok: 5 }],
    [{ model_type: 'qwen3_moe', num_experts: 1e9 }],
    [{ model_type: 'qwen3_moe', num_experts: '4' }],
    [{ model_type: 'qwen3_moe', mlp_only_layers: 1 }],
    [{ model_type: 'qwen3_moe', norm_topk_prob: 1 }],
  ])('%j throws `config`', (extra) => {
    expect(() => parseConfig({ ...sizes, ...extra })).toThrow(
      expect.objectContaining({ code: 'config' }),
    );
  });
});
