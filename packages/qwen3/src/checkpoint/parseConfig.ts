import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { COUNT_FIELDS, checkConfig, POSITIVE_FIELDS } from '../model/checkConfig.ts';
import type { ModelType } from '../model/modelTypes.ts';
import type { MoeConfig, Qwen3Config } from '../model/qwen3Config.ts';
import { layersOf, readWindows } from './readWindows.ts';
import { flag, readModelType, refuseUnsupported } from './refuseUnsupported.ts';
import { readRope } from './ropeSettings.ts';

type Json = Record<string, unknown>;

/** transformers' defaults where families differ. */
const DEFAULTS: Partial<Record<ModelType, { theta?: number; tied?: boolean; length?: number }>> = {
  llama: { length: 2048 },
  mistral: { length: 131_072 },
  smollm3: { theta: 2e6, tied: true },
};

/**
 * Reads the content of a `config.json`, in the spelling of transformers 5 (`rope_parameters`) or the older
 * one of published checkpoints (`rope_theta`, `rope_scaling`). Where both are there, a `rope_scaling` that is not
 * empty wins, as in transformers. Missing values take transformers' defaults (`rope_theta` 10000; `head_dim` 128 for
 * `qwen3`, else the width over the heads).
 *
 * @throws {Qwen3Error} `config` if a size is missing or impossible or a value has another type than in transformers,
 * `unsupported` for what this version cannot run: other families (with what is missing), other RoPE scaling, quantised
 * weights (`loadModel` reads the layouts it knows), heads for classification.
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
  const modelType = readModelType(json, source);
  refuseUnsupported(json, source, modelType);
  const size = (field: keyof typeof COUNT_FIELDS, fallback?: unknown): number =>
    (json[COUNT_FIELDS[field]] ?? fallback) as number; // checkConfig looks at the type
  const number = (field: keyof typeof POSITIVE_FIELDS, fallback: number): number =>
    (json[POSITIVE_FIELDS[field]] ?? fallback) as number;
  const { theta: usualTheta = 10_000, tied = false, length = 32_768 } = DEFAULTS[modelType] ?? {};
  const max_position_embeddings = size('maxPositionEmbeddings', length);
  const { theta = usualTheta, scaling } = readRope({ ...json, max_position_embeddings }, source);
  const config: Qwen3Config = {
    ...familyFields(json, source, modelType),
    ...(scaling && { ropeScaling: scaling }),
    vocabSize: size('vocabSize'),
    hiddenSize: size('hiddenSize'),
    intermediateSize: size('intermediateSize'),
    numHiddenLayers: size('numHiddenLayers'),
    numAttentionHeads: size('numAttentionHeads'),
    numKeyValueHeads: size('numKeyValueHeads', json.num_attention_heads),
    headDim: size('headDim', usualHeadDim(json, modelType)),
    rmsNormEps: number('rmsNormEps', 1e-6),
    ropeTheta: theta as number,
    tieWordEmbeddings: flag(json, source, { key: 'tie_word_embeddings', usual: tied }),
    maxPositionEmbeddings: max_position_embeddings,
    initializerRange: number('initializerRange', 0.02),
    bosTokenId: (json.bos_token_id ?? null) as number | null,
    eosTokenId: (json.eos_token_id ?? null) as number | number[] | null,
    padTokenId: (json.pad_token_id ?? null) as number | null,
  };
  checkConfig(config, source);
  return config;
}

const usualHeadDim = (json: Json, type: ModelType): number =>
  type === 'qwen3' ? 128 : Math.floor(Number(json.hidden_size) / Number(json.num_attention_heads));

/** The fields that only some families have. What is as in a dense Qwen3 is left out. */
function familyFields(json: Json, source: string, modelType: ModelType): Partial<Qwen3Config> {
  const attentionBias = modelType !== 'qwen2' && flag(json, source, { key: 'attention_bias' });
  const mlpBias = flag(json, source, { key: 'mlp_bias' });
  const noRopeLayers = modelType === 'smollm3' ? readNoRopeLayers(json) : undefined;
  return {
    ...(modelType !== 'qwen3' && { modelType }),
    ...(attentionBias && { attentionBias }),
    ...(mlpBias && { mlpBias }),
    ...(noRopeLayers && { noRopeLayers }),
    ...readWindows(json, source, { type: modelType, noRopeLayers }),
    ...(modelType === 'qwen3_moe' && { moe: readMoe(json, source) }),
  };
}

/** Without the list, every `no_rope_layer_interval`-th layer has no rotary positions. */
function readNoRopeLayers(json: Json): number[] {
  const { no_rope_layers: list, no_rope_layer_interval: interval = 4 } = json;
  if (list !== undefined && list !== null) return list as number[]; // checkConfig looks at it
  return Array.from({ length: layersOf(json) }, (_, layer) =>
    (layer + 1) % (interval as number) === 0 ? 0 : 1,
  );
}

function readMoe(json: Json, source: string): MoeConfig {
  const number = (key: string, usual: number): number => (json[key] ?? usual) as number; // checkConfig looks
  return {
    numExperts: (json.num_experts ?? json.num_local_experts ?? 128) as number,
    numExpertsPerTok: number('num_experts_per_tok', 8),
    moeIntermediateSize: number('moe_intermediate_size', 768),
    normTopkProb: flag(json, source, { key: 'norm_topk_prob' }),
    decoderSparseStep: number('decoder_sparse_step', 1),
    mlpOnlyLayers: (json.mlp_only_layers ?? []) as number[],
    routerAuxLossCoef: number('router_aux_loss_coef', 0.001),
  };
}
