import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { MODEL_TYPES, type ModelType } from '../model/modelTypes.ts';
import { missingFromFamily } from './unknownFamilies.ts';

type Json = Record<string, unknown>;

/**
 * The family of a config. A config without `model_type` is a Qwen3: early ones have none.
 *
 * @throws {Qwen3Error} `unsupported` for a family that does not run, with what is missing for it.
 */
export function readModelType(json: Json, source: string): ModelType {
  const { model_type: type = 'qwen3' } = json;
  if (typeof type === 'string' && Object.hasOwn(MODEL_TYPES, type)) return type as ModelType;
  return refuser(source)(`model_type ${showValue(type)}${missingFromFamily(type)}`);
}

/** Refuses what this version cannot compute, by name. @throws {Qwen3Error} `unsupported`, `config` */
export function refuseUnsupported(json: Json, source: string, type: ModelType): void {
  const refuse = refuser(source);
  refuseArchitectures(json.architectures ?? [], type, refuse);
  refuseSlidingWindows(json, source, type);
  for (const [key, owners] of Object.entries(OWNERS)) {
    const isSet = json[key] !== undefined && json[key] !== null && json[key] !== false;
    if (isSet && json[key] !== 0 && !owners.includes(type)) {
      refuse(`${key} = ${showValue(json[key])}, which model_type ${showValue(type)} does not have`);
    }
  }
  for (const key of ['quantization_config', 'per_layer_config']) {
    if (json[key] !== undefined && json[key] !== null) refuse(key);
  }
  const activation = json.hidden_act ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish')
    refuse(`hidden_act ${showValue(activation)}`);
}

/** Settings that change the model, and the families that have them. Qwen2's biases do not depend on `attention_bias`. */
const OWNERS: Record<string, readonly ModelType[]> = {
  num_experts: ['qwen3_moe'],
  num_local_experts: ['qwen3_moe'],
  mlp_bias: ['llama', 'smollm3'],
  no_rope_layers: ['smollm3'],
};

/** @returns a function that throws `unsupported` with what the config asks for. */
export function refuser(source: string): Refuse {
  return (what) => {
    const known = Object.keys(MODEL_TYPES).join(', ');
    throw new Qwen3Error(
      'unsupported',
      `parseConfig: ${source} asks for ${what}, which is not supported by this version. It runs ${known}.`,
    );
  };
}

/** A switch. `1` or `'true'` is no switch in transformers either. @throws {Qwen3Error} `config` */
export function flag(
  json: Json,
  source: string,
  { key, usual = false }: { key: string; usual?: boolean },
): boolean {
  const value = json[key] ?? usual;
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

/** Throws; says what the config asks for. */
export type Refuse = (what: string) => never;

function refuseArchitectures(architectures: unknown, type: ModelType, refuse: Refuse): void {
  const list = Array.isArray(architectures) ? architectures : [architectures];
  const known: readonly unknown[] = MODEL_TYPES[type].architectures;
  const other = list.find((name) => !known.includes(name));
  if (other !== undefined) {
    refuse(
      `the architecture ${showValue(other)}, which is no language model of model_type ${showValue(type)}`,
    );
  }
}

/**
 * As transformers: `layer_types` decides; without it, layers from `max_window_layers` on have a window (of Qwen2 and Qwen3;
 * the other families have no such number). Its default of 28 is not taken for granted: a config that asks for windows
 * must say where they begin.
 */
function refuseSlidingWindows(json: Json, source: string, type: ModelType): void {
  const refuse = refuser(source);
  const layers = json.num_hidden_layers as number;
  const types = json.layer_types ?? null;
  for (const key of ['sliding_window', 'max_window_layers']) checkWhole(json, source, key);
  const isUsed = flag(json, source, { key: 'use_sliding_window' }) && json.sliding_window !== null;
  if (types === null) {
    const hasFirst = type === 'qwen2' || type === 'qwen3';
    const first = hasFirst ? ((json.max_window_layers ?? 0) as number) : 0; // checked above
    if (isUsed && first < layers) {
      refuse('sliding-window attention (use_sliding_window, max_window_layers)');
    }
    return;
  }
  if (!Array.isArray(types) || types.some((one) => one !== 'full_attention')) {
    refuse(`sliding-window or other attention (layer_types ${showValue(types)})`);
  }
  if ((types as unknown[]).length !== layers) {
    throw new Qwen3Error(
      'config',
      `parseConfig: ${source}: layer_types has ${(types as unknown[]).length} entries, num_hidden_layers is ${showValue(layers)}. They must be equal.`,
    );
  }
}
