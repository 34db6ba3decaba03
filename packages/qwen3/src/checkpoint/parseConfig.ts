import { Qwen3Error } from '../errors.ts';
import type { Qwen3Config } from './qwen3Config.ts';

type Json = Record<string, unknown>;

/**
 * Reads the content of a `config.json`, in the spelling of transformers 5 (`rope_parameters`) or the older
 * one of published checkpoints (`rope_theta`, `rope_scaling`). Where both are there, `rope_parameters` wins.
 * Missing values take transformers' defaults (`rope_theta` 10000, `head_dim` 128).
 *
 * @throws {Qwen3Error} `config` if a size is missing or impossible, `unsupported` for what this version
 * cannot run: mixture of experts, YaRN and other RoPE scaling, sliding windows, attention bias, quantised weights.
 *
 * @example
 * const { hiddenSize } = parseConfig({
 *   model_type: 'qwen3', vocab_size: 512, hidden_size: 96, intermediate_size: 256, num_hidden_layers: 4,
 *   num_attention_heads: 4, num_key_value_heads: 2, head_dim: 32, rope_theta: 10000,
 * });
 * hiddenSize; // 96
 */
export function parseConfig(json: Json, source = 'config.json'): Qwen3Config {
  refuseUnsupported(json, source);
  const size = (key: string, fallback?: number): number => count(json, source, key, fallback);
  const number = (key: string, fallback: number): number => positive(json, source, key, fallback);
  const numAttentionHeads = size('num_attention_heads');
  const config: Qwen3Config = {
    vocabSize: size('vocab_size'),
    hiddenSize: size('hidden_size'),
    intermediateSize: size('intermediate_size'),
    numHiddenLayers: size('num_hidden_layers'),
    numAttentionHeads,
    numKeyValueHeads: size('num_key_value_heads', numAttentionHeads),
    headDim: size('head_dim', 128),
    rmsNormEps: number('rms_norm_eps', 1e-6),
    ropeTheta: positive({ ...json, ...ropeParameters(json) }, source, 'rope_theta', 10_000),
    tieWordEmbeddings: json.tie_word_embeddings === true,
    maxPositionEmbeddings: size('max_position_embeddings', 32_768),
    initializerRange: number('initializer_range', 0.02),
    bosTokenId: (json.bos_token_id ?? null) as number | null,
    eosTokenId: (json.eos_token_id ?? null) as number | number[] | null,
    padTokenId: (json.pad_token_id ?? null) as number | null,
  };
  checkConfig(config, source);
  return config;
}

/** The same checks for a config that was written in code. @throws {Qwen3Error} `config` */
export function checkConfig(config: Qwen3Config, source = 'config'): void {
  const { numAttentionHeads: heads, numKeyValueHeads: kvHeads, headDim, padTokenId } = config;
  const fail = (what: string): never => {
    throw new Qwen3Error('config', `parseConfig: ${source}: ${what}`);
  };
  if (heads % kvHeads !== 0) {
    fail(`num_attention_heads (${heads}) must be a multiple of num_key_value_heads (${kvHeads}).`);
  }
  if (headDim % 2 !== 0) fail(`head_dim must be even for rotary positions, got ${headDim}.`);
  if (padTokenId !== null && !(padTokenId >= 0 && padTokenId < config.vocabSize)) {
    fail(`pad_token_id must lie in [0, vocab_size = ${config.vocabSize}), got ${padTokenId}.`);
  }
}

function ropeParameters(json: Json): Json {
  return (json.rope_parameters ?? json.rope_scaling ?? {}) as Json;
}

function refuseUnsupported(json: Json, source: string): void {
  const refuse = (what: string): never => {
    throw new Qwen3Error(
      'unsupported',
      `parseConfig: ${source} asks for ${what}, which is not supported by this version. It runs dense Qwen3 models with default RoPE.`,
    );
  };
  const type = json.model_type;
  if (type === 'qwen3_moe' || json.num_experts || json.num_local_experts) {
    refuse('a mixture of experts (model_type qwen3_moe)');
  }
  if (type !== undefined && type !== 'qwen3') refuse(`model_type ${JSON.stringify(type)}`);
  const rope = ropeParameters(json);
  const ropeType = rope.rope_type ?? rope.type ?? 'default';
  if (ropeType !== 'default') refuse(`rope_type ${JSON.stringify(ropeType)}`);
  const layerTypes = (json.layer_types ?? []) as unknown[];
  if (json.use_sliding_window === true || layerTypes.some((t) => t !== 'full_attention')) {
    refuse('sliding-window attention');
  }
  if (json.attention_bias === true) refuse('attention_bias');
  if (json.quantization_config) refuse('quantised weights (quantization_config)');
  const activation = json.hidden_act ?? 'silu';
  if (activation !== 'silu') refuse(`hidden_act ${JSON.stringify(activation)}`);
}

function count(json: Json, source: string, key: string, fallback?: number): number {
  const value = json[key] ?? fallback;
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new Qwen3Error(
    'config',
    `parseConfig: ${source}: ${key} must be a whole number above 0, got ${JSON.stringify(value)}. The config is not of a Qwen3 model, or damaged.`,
  );
}

function positive(json: Json, source: string, key: string, fallback: number): number {
  const value = json[key] ?? fallback;
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw new Qwen3Error(
    'config',
    `parseConfig: ${source}: ${key} must be a number above 0, got ${JSON.stringify(value)}.`,
  );
}
