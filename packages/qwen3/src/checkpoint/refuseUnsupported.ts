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
