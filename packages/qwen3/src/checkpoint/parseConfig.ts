import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { COUNT_FIELDS, checkConfig, POSITIVE_FIELDS } from '../model/checkConfig.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';
import { flag, refuseUnsupported, ropeSettings } from './refuseUnsupported.ts';

type Json = Record<string, unknown>;

/**
 * Reads the content of a `config.json`, in the spelling of transformers 5 (`rope_parameters`) or the older
 * one of published checkpoints (`rope_theta`, `rope_scaling`). Where both are there, a `rope_scaling` that is not
 * empty wins, as in transformers. Missing values take transformers' defaults (`rope_theta` 10000, `head_dim` 128).
 *
 * @throws {Qwen3Error} `config` if a size is missing or impossible or a value has another type than in transformers,
 * `unsupported` for what this version cannot run: mixture of experts, YaRN and other RoPE scaling, sliding windows,
 * attention bias, quantised weights, heads for classification.
 *
 * @example
 * const { hiddenSize } = parseConfig({
 *   model_type: 'qwen3', vocab_size: 512, hidden_size: 96, intermediate_size: 256, num_hidden_layers: 4,
 *   num_attention_heads: 4, num_key_value_heads: 2, head_dim: 32, rope_theta: 10000,
 * });
 * hiddenSize; // 96
 */
export function parseConfig(json: Json, source = 'config.json'): Qwen3Config {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Qwen3Error(
      'config',
      `parseConfig: ${source} must be an object, got ${showValue(json)}. Give the parsed content of a config.json.`,
    );
  }
  refuseUnsupported(json, source);
  const size = (field: keyof typeof COUNT_FIELDS, fallback?: unknown): number =>
    (json[COUNT_FIELDS[field]] ?? fallback) as number; // checkConfig looks at the type
  const number = (field: keyof typeof POSITIVE_FIELDS, fallback: number): number =>
    (json[POSITIVE_FIELDS[field]] ?? fallback) as number;
  const { rope_theta: ropeTheta = 10_000 } = ropeSettings(json, source);
  const config: Qwen3Config = {
    vocabSize: size('vocabSize'),
    hiddenSize: size('hiddenSize'),
    intermediateSize: size('intermediateSize'),
    numHiddenLayers: size('numHiddenLayers'),
    numAttentionHeads: size('numAttentionHeads'),
    numKeyValueHeads: size('numKeyValueHeads', json.num_attention_heads),
    headDim: size('headDim', 128),
    rmsNormEps: number('rmsNormEps', 1e-6),
    ropeTheta: ropeTheta as number,
    tieWordEmbeddings: flag(json, source, 'tie_word_embeddings'),
    maxPositionEmbeddings: size('maxPositionEmbeddings', 32_768),
    initializerRange: number('initializerRange', 0.02),
    bosTokenId: (json.bos_token_id ?? null) as number | null,
    eosTokenId: (json.eos_token_id ?? null) as number | number[] | null,
    padTokenId: (json.pad_token_id ?? null) as number | null,
  };
  checkConfig(config, source);
  return config;
}
