import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import type { ModelType } from '../model/modelTypes.ts';
import { rotaryFrequencies } from '../model/ropeScaling.ts';
import { type MetadataReader, metadataReader } from './metadataValues.ts';
import type { GgufFile } from './openGguf.ts';

/** Architectures of llama.cpp that run, and the `model_type` of each. */
export const ARCHITECTURES: Record<string, ModelType> = {
  llama: 'llama',
  qwen2: 'qwen2',
  qwen3: 'qwen3',
};

/** The file's architecture. @throws {Qwen3Error} `unsupported` for one that cannot be run. */
export function ggufArchitecture(caller: string, file: GgufFile): string {
  const architecture = metadataReader(caller, file).text('general.architecture');
  if (architecture !== undefined && Object.hasOwn(ARCHITECTURES, architecture)) return architecture;
  throw new Qwen3Error(
    'unsupported',
    `${caller}: ${file.path} has the architecture ${showValue(architecture)}, this version reads ${Object.keys(ARCHITECTURES).join(', ')}.`,
  );
}

/**
 * The metadata of a GGUF file in the words of a `config.json`.
 *
 * @param ropeFactors - the tensor `rope_freqs.weight`, where the file has one: by what each rotary frequency is divided.
 * @throws {Qwen3Error} `checkpoint` if a size is missing, `unsupported` for another architecture or scaling.
 */
export function ggufConfig(
  caller: string,
  file: GgufFile,
  ropeFactors?: Float32Array,
): Record<string, unknown> {
  const architecture = ggufArchitecture(caller, file);
  const reader = metadataReader(caller, file);
  const own = (key: string): string => `${architecture}.${key}`;
  const hidden = reader.requiredNumber(own('embedding_length'));
  const heads = reader.requiredNumber(own('attention.head_count'));
  const theta = reader.number(own('rope.freq_base')) ?? 10_000;
  const context = reader.number(own('context_length'));
  const headDim = reader.number(own('attention.key_length')) ?? hidden / heads;
  const table = file.entries.get('token_embd.weight')?.shape[0];
  return {
    model_type: ARCHITECTURES[architecture],
    vocab_size: table ?? reader.number(own('vocab_size')),
    hidden_size: hidden,
    intermediate_size: reader.requiredNumber(own('feed_forward_length')),
    num_hidden_layers: reader.requiredNumber(own('block_count')),
    num_attention_heads: heads,
    num_key_value_heads: reader.number(own('attention.head_count_kv')) ?? heads,
    head_dim: headDim,
    hidden_act: 'silu',
    rms_norm_eps: reader.requiredNumber(own('attention.layer_norm_rms_epsilon')),
    rope_theta: theta,
    rope_scaling: ropeScaling(`${caller}: ${file.path}`, reader, {
      own,
      theta,
      headDim,
      ropeFactors,
    }),
    ...(context !== undefined && { max_position_embeddings: context }),
    tie_word_embeddings: !file.entries.has('output.weight'),
    attention_bias: file.entries.has('blk.0.attn_q.bias'),
    bos_token_id: reader.number('tokenizer.ggml.bos_token_id') ?? null,
    eos_token_id: endIds(reader),
  };
}

/** The end of a text, and that of a turn where it is another (Llama-3.1 and later name both). */
function endIds(reader: MetadataReader): number | number[] | null {
  const keys = ['eos_token_id', 'eot_token_id', 'eom_token_id'];
  const ids = keys.map((key) => reader.number(`tokenizer.ggml.${key}`));
  const known = [...new Set(ids.filter((id) => id !== undefined))];
  return known.length > 1 ? known : (known[0] ?? null);
}

interface RopeSettings {
  own: (key: string) => string;
  theta: number;
  headDim: number;
  ropeFactors: Float32Array | undefined;
}

function ropeScaling(
  where: string,
  reader: MetadataReader,
  { own, theta, headDim, ropeFactors }: RopeSettings,
): Record<string, unknown> | null {
  const rotated = reader.number(own('rope.dimension_count')) ?? headDim;
  if (rotated !== headDim) {
    throw new Qwen3Error(
      'unsupported',
      `${where} rotates ${rotated} of ${headDim} dimensions of a head, all were expected.`,
    );
  }
  if (ropeFactors) return llama3Scaling(where, { theta, headDim, ropeFactors });
  const type = reader.text(own('rope.scaling.type')) ?? 'none';
  if (type === 'none') return null;
  const factor = reader.requiredNumber(own('rope.scaling.factor'));
  const original = reader.number(own('rope.scaling.original_context_length'));
  if (type === 'linear') return { rope_type: 'linear', factor };
  if (type === 'yarn') {
    return {
      rope_type: 'yarn',
      factor,
      ...(original !== undefined && { original_max_position_embeddings: original }),
    };
  }
  throw new Qwen3Error(
    'unsupported',
    `${where} scales rotary positions by ${showValue(type)}; linear and yarn are read.`,
  );
}

/** Llama-3.1's and 3.2's settings, but for the factor: the file holds only what comes out of them. */
const LLAMA3 = { low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };

/**
 * The settings that give these factors: plain frequencies over scaled ones.
 *
 * @throws {Qwen3Error} `unsupported` if Llama-3's settings with any factor do not.
 */
function llama3Scaling(
  where: string,
  { theta, headDim, ropeFactors }: { theta: number; headDim: number; ropeFactors: Float32Array },
): Record<string, unknown> {
  const factor = ropeFactors.at(-1) ?? 1; // the slowest frequency is divided by all of it
  const plain = rotaryFrequencies({ headDim, theta }).frequencies;
  const scaled = rotaryFrequencies(
    { headDim, theta },
    {
      ropeType: 'llama3',
      factor,
      lowFreqFactor: LLAMA3.low_freq_factor,
      highFreqFactor: LLAMA3.high_freq_factor,
      originalMaxPositionEmbeddings: LLAMA3.original_max_position_embeddings,
    },
  ).frequencies;
  const isLlama3 = ropeFactors.every(
    (found, i) => Math.abs((found * scaled[i]!) / plain[i]! - 1) < 1e-4,
  );
  if (isLlama3 && ropeFactors.length === headDim / 2) {
    return { rope_type: 'llama3', factor, ...LLAMA3 };
  }
  throw new Qwen3Error(
    'unsupported',
    `${where} holds rope_freqs.weight, whose values are not those of Llama-3's scaling: ${showValue(ropeFactors)}. Use the folder with the model's safetensors.`,
  );
}
