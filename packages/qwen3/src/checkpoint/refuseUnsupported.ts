import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';

type Json = Record<string, unknown>;

/** Classes of transformers whose weights are those of a language model. */
const ARCHITECTURES: readonly unknown[] = ['Qwen3ForCausalLM', 'Qwen3Model'];

/** What may stand in the RoPE settings of a model with plain RoPE. transformers' Qwen3 does not use the last two. */
const ROPE_KEYS = [
  'rope_theta',
  'rope_type',
  'type',
  'partial_rotary_factor',
  'original_max_position_embeddings',
];

/**
 * The RoPE settings of a config, in the order of transformers 5: `rope_scaling`, if it holds anything, replaces
 * `rope_parameters` whole; `rope_theta` beside them fills in where the chosen one has none.
 *
 * @throws {Qwen3Error} `config` if one of the two is no object.
 */
export function ropeSettings(json: Json, source: string): Json {
  const settings = ['rope_scaling', 'rope_parameters'].map((key): Json => {
    const value = json[key] ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Json;
    throw new Qwen3Error(
      'config',
      `parseConfig: ${source}: ${key} must be an object or null, got ${showValue(value)}.`,
    );
  });
  const chosen = settings.find((value) => Object.keys(value).length > 0) ?? {};
  return { rope_theta: json.rope_theta, ...chosen };
}

/** Refuses what this version cannot compute, by name. @throws {Qwen3Error} `unsupported`, `config` */
export function refuseUnsupported(json: Json, source: string): void {
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
  if (type !== undefined && type !== 'qwen3') refuse(`model_type ${showValue(type)}`);
  refuseArchitectures(json.architectures ?? [], refuse);
  refuseRope(ropeSettings(json, source), refuse);
  refuseSlidingWindows(json, source, refuse);
  if (flag(json, source, 'attention_bias')) refuse('attention_bias');
  for (const key of ['quantization_config', 'per_layer_config']) {
    if (json[key] !== undefined && json[key] !== null) refuse(key);
  }
  const activation = json.hidden_act ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish')
    refuse(`hidden_act ${showValue(activation)}`);
}

/** A switch. `1` or `'true'` is no switch in transformers either. @throws {Qwen3Error} `config` */
export function flag(json: Json, source: string, key: string): boolean {
  const value = json[key] ?? false;
  if (typeof value === 'boolean') return value;
  throw new Qwen3Error(
    'config',
    `parseConfig: ${source}: ${key} must be true or false, got ${showValue(value)}.`,
  );
}

function checkWhole(json: Json, source: string, key: string): void {
  if (Number.isSafeInteger(json[key] ?? 0)) return;
  throw new Qwen3Error(
    'config',
    `parseConfig: ${source}: ${key} must be a whole number or null, got ${showValue(json[key])}.`,
  );
}

type Refuse = (what: string) => never;

function refuseArchitectures(architectures: unknown, refuse: Refuse): void {
  const list = Array.isArray(architectures) ? architectures : [architectures];
  const other = list.find((name) => !ARCHITECTURES.includes(name));
  if (other !== undefined)
    refuse(`the architecture ${showValue(other)}, which is no language model`);
}

function refuseRope(rope: Json, refuse: Refuse): void {
  const { type: oldSpelling = 'default', rope_type: type = oldSpelling } = rope;
  if (type !== 'default') refuse(`rope_type ${showValue(type)}`);
  const isSetting = (key: string): boolean => rope[key] !== null || key.endsWith('_attention');
  const other = Object.keys(rope).find((key) => !ROPE_KEYS.includes(key) && isSetting(key));
  if (other !== undefined) {
    refuse(
      `the RoPE setting ${showValue(other)} = ${showValue(rope[other])} (rope_type "default")`,
    );
  }
}

/**
 * As transformers: `layer_types` decides; without it, layers from `max_window_layers` on have a window. Its default of
 * 28 is not taken for granted: a config that asks for windows must say where they begin.
 */
function refuseSlidingWindows(json: Json, source: string, refuse: Refuse): void {
  const layers = json.num_hidden_layers as number;
  const types = json.layer_types ?? null;
  for (const key of ['sliding_window', 'max_window_layers']) checkWhole(json, source, key);
  const isUsed = flag(json, source, 'use_sliding_window') && json.sliding_window !== null;
  if (types === null) {
    const first = (json.max_window_layers ?? 0) as number; // checked above
    if (isUsed && first < layers) {
      refuse('sliding-window attention (use_sliding_window, max_window_layers)');
    }
    return;
  }
  if (!Array.isArray(types) || types.some((type) => type !== 'full_attention')) {
    refuse(`sliding-window or other attention (layer_types ${showValue(types)})`);
  }
  if ((types as unknown[]).length !== layers) {
    throw new Qwen3Error(
      'config',
      `parseConfig: ${source}: layer_types has ${(types as unknown[]).length} entries, num_hidden_layers is ${showValue(layers)}. They must be equal.`,
    );
  }
}
