import { Qwen3Error } from '../base/errors.ts';
import { checkOptionNames } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { checkRopeScaling } from './checkRopeScaling.ts';
import { layerDescription } from './layerDescription.ts';
import { MODEL_TYPES, type ModelType } from './modelTypes.ts';
import { layerShapes } from './parameterShapes.ts';
import type { MoeConfig, Qwen3Config } from './qwen3Config.ts';

/** Fields of a config and their names in `config.json`. */
export const COUNT_FIELDS = {
  vocabSize: 'vocab_size',
  hiddenSize: 'hidden_size',
  intermediateSize: 'intermediate_size',
  numHiddenLayers: 'num_hidden_layers',
  numAttentionHeads: 'num_attention_heads',
  numKeyValueHeads: 'num_key_value_heads',
  headDim: 'head_dim',
  maxPositionEmbeddings: 'max_position_embeddings',
} as const;

export const POSITIVE_FIELDS = {
  rmsNormEps: 'rms_norm_eps',
  ropeTheta: 'rope_theta',
  initializerRange: 'initializer_range',
} as const;

const ID_FIELDS = {
  bosTokenId: 'bos_token_id',
  eosTokenId: 'eos_token_id',
  padTokenId: 'pad_token_id',
} as const;

/** 256 GiB of f32. The largest dense Qwen3 has half of it and 64 layers. */
const MAX_VALUES = 2 ** 36;
const MAX_LAYERS = 10_000;
/** Eight times those of the largest published models. */
const MAX_EXPERTS = 4096;

const FIELDS = { ...COUNT_FIELDS, ...POSITIVE_FIELDS, ...ID_FIELDS };

/** Switches of some families. */
const FAMILY_FIELDS = [
  'attentionBias',
  'mlpBias',
  'noRopeLayers',
  'moe',
  'slidingWindow',
  'layerTypes',
] as const;
const LAYER_TYPES: readonly unknown[] = ['full_attention', 'sliding_attention'];

const CONFIG_FIELDS: readonly string[] = [
  ...Object.keys(FIELDS),
  ...['tieWordEmbeddings', 'modelType', 'ropeScaling'],
  ...FAMILY_FIELDS,
];

/** Of the counts of {@link MoeConfig}. */
export const MOE_COUNT_FIELDS = {
  numExperts: 'num_experts',
  numExpertsPerTok: 'num_experts_per_tok',
  moeIntermediateSize: 'moe_intermediate_size',
  decoderSparseStep: 'decoder_sparse_step',
} as const;

/**
 * Checks every value of a config and how they fit together. One that was written in code also has a largest size:
 * no file bounds it.
 *
 * @param source - name of the file it came from; without one, errors use the names of {@link Qwen3Config}.
 * @throws {Qwen3Error} `config`; `option` for a config in code that has other fields, which would be ignored.
 */
export function checkConfig(config: Qwen3Config, source?: string, caller = 'createQwen3'): void {
  const label = (field: keyof typeof FIELDS): string =>
    source === undefined ? `config.${field}` : FIELDS[field];
  const fail = (what: string): never => {
    throw new Qwen3Error(
      'config',
      source === undefined ? `${caller}: ${what}` : `parseConfig: ${source}: ${what}`,
    );
  };
  if (source === undefined) checkOptionNames(`${caller}: config`, config, CONFIG_FIELDS);
  for (const field of Object.keys(COUNT_FIELDS) as (keyof typeof COUNT_FIELDS)[]) {
    if (Number.isSafeInteger(config[field]) && config[field] > 0) continue;
    fail(
      `${label(field)} must be a whole number above 0, got ${showValue(config[field])}. The config is not of a language model of a known family, or damaged.`,
    );
  }
  for (const field of Object.keys(POSITIVE_FIELDS) as (keyof typeof POSITIVE_FIELDS)[]) {
    if (Number.isFinite(config[field]) && config[field] > 0) continue;
    fail(`${label(field)} must be a number above 0, got ${showValue(config[field])}.`);
  }
  checkFamily(config, fail);
  checkHeads(config, label, fail);
  checkIds(config, label, fail);
  if (typeof config.tieWordEmbeddings !== 'boolean') {
    fail(
      `config.tieWordEmbeddings must be true or false, got ${showValue(config.tieWordEmbeddings)}.`,
    );
  }
  readEndIds(config.eosTokenId, label('eosTokenId'), fail);
  if (source === undefined) checkSize(config, fail);
}

type Label = (field: keyof typeof FIELDS) => string;
type Fail = (what: string) => never;

/** What the family has besides sizes. */
function checkFamily(config: Qwen3Config, fail: Fail): void {
  const { modelType = 'qwen3', ropeScaling, noRopeLayers, moe, numHiddenLayers } = config;
  if (!Object.hasOwn(MODEL_TYPES, modelType)) {
    const known = Object.keys(MODEL_TYPES).join(', ');
    fail(`config.modelType must be one of ${known}, got ${showValue(modelType)}.`);
  }
  for (const field of FAMILY_FIELDS) {
    const value = config[field];
    if (value === undefined || MODEL_TYPES[modelType].fields.includes(field)) continue;
    fail(
      `config.${field} is nothing that the model type ${modelType} has, got ${showValue(value)}.`,
    );
  }
  for (const field of ['attentionBias', 'mlpBias'] as const) {
    if ([undefined, true, false].includes(config[field])) continue;
    fail(`config.${field} must be true or false, got ${showValue(config[field])}.`);
  }
  if (ropeScaling !== undefined)
    checkRopeScaling(ropeScaling, { name: 'config.ropeScaling', fail });
  const isSwitch = (value: unknown): boolean => value === 0 || value === 1;
  if (noRopeLayers !== undefined) {
    const isList = Array.isArray(noRopeLayers) && noRopeLayers.every(isSwitch);
    if (!isList || noRopeLayers.length < numHiddenLayers) {
      fail(
        `no_rope_layers must hold 1 (rotary positions) or 0 (none) for each of the ${numHiddenLayers} layers, got ${showValue(noRopeLayers)}.`,
      );
    }
  }
  checkWindows(config, fail);
  checkMoe(modelType, moe, fail);
}

function checkWindows(config: Qwen3Config, fail: Fail): void {
  const { slidingWindow, layerTypes, numHiddenLayers } = config;
  if (slidingWindow !== undefined && !isCount(slidingWindow)) {
    fail(`sliding_window must be a whole number from 1 to 2^30, got ${showValue(slidingWindow)}.`);
  }
  if (layerTypes === undefined) return;
  const isList =
    Array.isArray(layerTypes) && layerTypes.every((type) => LAYER_TYPES.includes(type));
  if (!isList || layerTypes.length !== numHiddenLayers) {
    fail(
      `layer_types must hold ${LAYER_TYPES.join(' or ')} for each of the ${numHiddenLayers} layers, got ${showValue(layerTypes)}.`,
    );
  }
  if (slidingWindow !== undefined && !layerTypes.includes('sliding_attention')) {
    fail(
      `config.layerTypes gives no layer the slidingWindow of ${slidingWindow}. Leave it out where no layer has one.`,
    );
  }
  if (slidingWindow === undefined && layerTypes.includes('sliding_attention')) {
    fail(
      'layer_types asks for sliding_attention, but there is no window: sliding_window is missing, or use_sliding_window not true.',
    );
  }
}

const isCount = (value: unknown): boolean =>
  Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= 2 ** 30;

function checkMoe(modelType: ModelType, moe: MoeConfig | undefined, fail: Fail): void {
  if (moe === undefined) {
    if (modelType === 'qwen3_moe') fail('config.moe is missing: qwen3_moe has experts.');
    return;
  }
  for (const [field, name] of Object.entries(MOE_COUNT_FIELDS)) {
    const value = moe?.[field as keyof typeof MOE_COUNT_FIELDS];
    if (Number.isSafeInteger(value) && value > 0) continue;
    fail(`${name} must be a whole number above 0, got ${showValue(value)}.`);
  }
  const { numExperts, numExpertsPerTok, mlpOnlyLayers, normTopkProb, routerAuxLossCoef } = moe;
  if (numExperts > MAX_EXPERTS) {
    fail(`num_experts is ${numExperts}, at most ${MAX_EXPERTS} can be run.`);
  }
  if (numExpertsPerTok > numExperts) {
    fail(`num_experts_per_tok (${numExpertsPerTok}) must be at most num_experts (${numExperts}).`);
  }
  if (typeof normTopkProb !== 'boolean') {
    fail(`norm_topk_prob must be true or false, got ${showValue(normTopkProb)}.`);
  }
  if (!Array.isArray(mlpOnlyLayers) || !mlpOnlyLayers.every(Number.isSafeInteger)) {
    fail(`mlp_only_layers must be a list of layer numbers, got ${showValue(mlpOnlyLayers)}.`);
  }
  if (!Number.isFinite(routerAuxLossCoef)) {
    fail(`router_aux_loss_coef must be a number, got ${showValue(routerAuxLossCoef)}.`);
  }
}

function checkHeads(config: Qwen3Config, label: Label, fail: Fail): void {
  const { numAttentionHeads: heads, numKeyValueHeads: kvHeads, headDim } = config;
  if (heads % kvHeads !== 0) {
    fail(
      `${label('numAttentionHeads')} (${heads}) must be a multiple of ${label('numKeyValueHeads')} (${kvHeads}).`,
    );
  }
  if (headDim % 2 !== 0) {
    fail(`${label('headDim')} must be even for rotary positions, got ${headDim}.`);
  }
}

function checkIds(config: Qwen3Config, label: Label, fail: Fail): void {
  const { vocabSize, bosTokenId, padTokenId } = config;
  if (bosTokenId !== null && !Number.isSafeInteger(bosTokenId)) {
    fail(`${label('bosTokenId')} must be a token id or null, got ${showValue(bosTokenId)}.`);
  }
  if (padTokenId !== null && !isTokenId(padTokenId, vocabSize)) {
    fail(
      `${label('padTokenId')} must be null or an id in [0, ${label('vocabSize')} = ${vocabSize}), got ${showValue(padTokenId)}.`,
    );
  }
}

/** Counts before anything is listed or allocated. */
function checkSize(config: Qwen3Config, fail: Fail): void {
  const { numHiddenLayers: layers, vocabSize, hiddenSize } = config;
  if (layers > MAX_LAYERS) {
    fail(`num_hidden_layers is ${layers}, at most ${MAX_LAYERS} can be made.`);
  }
  const ofKind = new Map<string, number>();
  let total = vocabSize * hiddenSize * (config.tieWordEmbeddings ? 1 : 2) + hiddenSize;
  for (let layer = 0; layer < layers; layer++) {
    const { mlp } = layerDescription(config, layer);
    const size = ofKind.get(mlp) ?? layerSize(config, layer);
    ofKind.set(mlp, size);
    total += size;
  }
  if (total <= MAX_VALUES) return;
  fail(
    `a model of these sizes has ${layers} layers and ${total} weights, at most ${MAX_VALUES} weights can be made. Check the config's sizes.`,
  );
}

const layerSize = (config: Qwen3Config, layer: number): number =>
  Object.values(layerShapes(config, layer)).reduce(
    (sum, shape) => sum + shape.reduce((product, n) => product * n, 1),
    0,
  );

/**
 * The ids that end a text, as `config.json` and `generation_config.json` write them: null, one id or a list. Whether
 * the model has such a token is asked where it generates: there other ends can be given.
 *
 * @throws what `fail` throws, for anything that is no id: it would never stop a text.
 */
export function readEndIds(value: unknown, label: string, fail: Fail): number[] {
  const ids: unknown[] = Array.isArray(value) ? value : [value ?? null].filter((id) => id !== null);
  if (!ids.every((id) => Number.isSafeInteger(id))) {
    fail(`${label} must be null, a token id or a list of ids, got ${showValue(value)}.`);
  }
  return ids as number[];
}

const isTokenId = (id: unknown, vocabSize: number): boolean =>
  Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) < vocabSize;
