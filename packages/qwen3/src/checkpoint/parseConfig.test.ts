import { describe, expect, test } from 'vitest';
import { TINY_CONFIG } from '../tinyConfig.ts';
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

  test.each([
    [{ model_type: 'qwen3_moe' }],
    [{ num_experts: 8 }],
    [{ model_type: 'llama' }],
    [{ rope_scaling: { type: 'yarn', factor: 4 } }],
    [{ rope_parameters: { rope_type: 'yarn' } }],
    [{ use_sliding_window: true }],
    [{ layer_types: ['sliding_attention'] }],
    [{ attention_bias: true }],
    [{ hidden_act: 'gelu' }],
    [{ quantization_config: { bits: 4 } }],
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
  ])('%j throws `config`', (extra) => {
    expect(() => parseConfig({ ...sizes, ...extra })).toThrow(
      expect.objectContaining({ code: 'config' }),
    );
  });
});
