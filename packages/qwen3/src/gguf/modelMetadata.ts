import type { Qwen3Config } from '../model/qwen3Config.ts';
import type { WrittenType } from './ggmlTypes.ts';
import type { GgufValue } from './writeGguf.ts';

/** llama.cpp's number of a file whose matrices have this type. */
const FILE_TYPES: Record<WrittenType, number> = { F32: 0, F16: 1, BF16: 32, Q8_0: 7 };

/** A model's sizes in llama.cpp's words: what `ggufConfig` reads. */
export function modelMetadata(
  architecture: string,
  config: Qwen3Config,
  { name, dtype }: { name: string; dtype: WrittenType },
): Record<string, GgufValue> {
  const own = (key: string): string => `${architecture}.${key}`;
  const count = (value: number): GgufValue => ({ type: 'uint32', value });
  const [end, turnEnd] = [config.eosTokenId ?? []].flat();
  return {
    'general.architecture': { type: 'text', value: architecture },
    'general.type': { type: 'text', value: 'model' },
    'general.name': { type: 'text', value: name },
    'general.file_type': count(FILE_TYPES[dtype]),
    'general.quantization_version': count(2),
    [own('vocab_size')]: count(config.vocabSize),
    [own('context_length')]: count(config.maxPositionEmbeddings),
    [own('embedding_length')]: count(config.hiddenSize),
    [own('block_count')]: count(config.numHiddenLayers),
    [own('feed_forward_length')]: count(config.intermediateSize),
    [own('attention.head_count')]: count(config.numAttentionHeads),
    [own('attention.head_count_kv')]: count(config.numKeyValueHeads),
    [own('attention.key_length')]: count(config.headDim),
    [own('attention.value_length')]: count(config.headDim),
    [own('attention.layer_norm_rms_epsilon')]: { type: 'float32', value: config.rmsNormEps },
    [own('rope.dimension_count')]: count(config.headDim),
    [own('rope.freq_base')]: { type: 'float32', value: config.ropeTheta },
    ...scalingMetadata(own, config),
    ...(end !== undefined && { 'tokenizer.ggml.eos_token_id': count(end) }),
    ...(turnEnd !== undefined && { 'tokenizer.ggml.eot_token_id': count(turnEnd) }),
    ...(config.bosTokenId !== null && { 'tokenizer.ggml.bos_token_id': count(config.bosTokenId) }),
  };
}

/** Linear and YaRN. Llama-3's scaling is a tensor. */
function scalingMetadata(
  own: (key: string) => string,
  { ropeScaling }: Qwen3Config,
): Record<string, GgufValue> {
  if (!ropeScaling || ropeScaling.ropeType === 'llama3') return {};
  const { ropeType, factor } = ropeScaling;
  return {
    [own('rope.scaling.type')]: { type: 'text', value: ropeType },
    [own('rope.scaling.factor')]: { type: 'float32', value: factor },
    ...(ropeType === 'yarn' && {
      [own('rope.scaling.original_context_length')]: {
        type: 'uint32',
        value: ropeScaling.originalMaxPositionEmbeddings,
      } as const,
    }),
  };
}
