import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { checkRopeScaling, ROPE_SCALING_FIELDS } from '../model/checkRopeScaling.ts';
import type { RopeScaling } from '../model/ropeScaling.ts';
import { type Refuse, refuser } from './refuseUnsupported.ts';

type Json = Record<string, unknown>;

/** What may stand in the RoPE settings of a model without scaling. transformers does not use the last two. */
const PLAIN_KEYS = [
  'rope_theta',
  'rope_type',
  'type',
  'partial_rotary_factor',
  'original_max_position_embeddings',
];

/** Names of the fields of {@link RopeScaling} in a file. */
export const ROPE_KEYS: Record<string, string> = {
  factor: 'factor',
  lowFreqFactor: 'low_freq_factor',
  highFreqFactor: 'high_freq_factor',
  originalMaxPositionEmbeddings: 'original_max_position_embeddings',
  attentionFactor: 'attention_factor',
  betaFast: 'beta_fast',
  betaSlow: 'beta_slow',
  mscale: 'mscale',
  mscaleAllDim: 'mscale_all_dim',
  truncate: 'truncate',
};

/**
 * Base and scaling of the rotary positions, in the order of transformers 5: `rope_scaling`, if it holds anything, replaces
 * `rope_parameters` whole; `rope_theta` beside them fills in where the chosen one has none.
 *
 * @throws {Qwen3Error} `config` if one of the two is no object or a number cannot be, `unsupported` for other types
 * (dynamic, longrope, nested settings) and settings that the type does not have.
 */
export function readRope(
  json: Json & { max_position_embeddings: unknown },
  source: string,
): { theta: unknown; scaling: RopeScaling | undefined } {
  const settings = chosenSettings(json, source);
  const { type: oldSpelling = 'default', rope_type: type = oldSpelling } = settings;
  const { rope_theta: theta = json.rope_theta } = settings;
  const refuse = refuser(source);
  if (type === 'default') {
    refuseOthers(settings, PLAIN_KEYS, refuse);
    return { theta, scaling: undefined };
  }
  if (typeof type !== 'string' || !Object.hasOwn(ROPE_SCALING_FIELDS, type)) {
    return refuse(`rope_type ${showValue(type)}`);
  }
  const ropeType = type as RopeScaling['ropeType'];
  return { theta, scaling: readScaling({ json, settings, ropeType }, source, refuse) };
}

function readScaling(
  { json, settings, ropeType }: { json: Json; settings: Json; ropeType: RopeScaling['ropeType'] },
  source: string,
  refuse: Refuse,
): RopeScaling {
  const { needed, optional } = ROPE_SCALING_FIELDS[ropeType];
  const fields = [...needed, ...optional];
  refuseOthers(settings, [...PLAIN_KEYS, ...fields.map((field) => ROPE_KEYS[field]!)], refuse);
  if ((settings.partial_rotary_factor ?? json.partial_rotary_factor ?? 1) !== 1) {
    refuse(`partial_rotary_factor beside rope_type ${showValue(ropeType)}`);
  }
  const scaling: Json = { ropeType };
  for (const field of fields) {
    const value = settings[ROPE_KEYS[field]!] ?? undefined;
    if (value !== undefined) scaling[field] = value;
  }
  const original = 'originalMaxPositionEmbeddings';
  if (fields.includes(original)) {
    // the one beside the settings goes first in transformers; without any the model's own length is taken
    scaling[original] =
      json.original_max_position_embeddings ?? scaling[original] ?? json.max_position_embeddings;
  }
  const fail = (what: string): never => {
    throw new Qwen3Error('config', `parseConfig: ${source}: ${what}`);
  };
  const fieldName = (field: string): string => ROPE_KEYS[field] ?? field;
  checkRopeScaling(scaling, { name: 'rope_parameters', fail, fieldName });
  return scaling;
}

function chosenSettings(json: Json, source: string): Json {
  const settings = ['rope_scaling', 'rope_parameters'].map((key): Json => {
    const value = json[key] ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Json;
    throw new Qwen3Error(
      'config',
      `parseConfig: ${source}: ${key} must be an object or null, got ${showValue(value)}.`,
    );
  });
  return settings.find((value) => Object.keys(value).length > 0) ?? {};
}

function refuseOthers(settings: Json, known: readonly string[], refuse: Refuse): void {
  const isSetting = (key: string): boolean => settings[key] !== null || key.endsWith('_attention');
  const other = Object.keys(settings).find((key) => !known.includes(key) && isSetting(key));
  if (other !== undefined) {
    const type = settings.rope_type ?? settings.type ?? 'default';
    refuse(
      `the RoPE setting ${showValue(other)} = ${showValue(settings[other])} (rope_type ${showValue(type)})`,
    );
  }
}
