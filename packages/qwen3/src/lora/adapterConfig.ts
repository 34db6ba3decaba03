import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { LINEAR_MODULES } from '../model/layerDescription.ts';
import type { LayerRanks } from './adapterShapes.ts';
import {
  type AdaptableLayers,
  matching,
  type Refuse,
  targetedModules,
  targetedStacks,
} from './adapterTargets.ts';

/** What `adapter_config.json` says of a LoRA adapter. */
export interface AdapterConfig {
  r: number;
  alpha: number;
  useRslora: boolean;
  useDora: boolean;
  dropout: number;
  baseModel: string | null;
  /** The adapted layers by their full names, stacks of experts among them. */
  layers: LayerRanks;
}

/** Ways to draw A and B that leave the base as it is when PEFT loads the adapter. */
const PLAIN_INITS: readonly unknown[] = [
  true,
  false,
  null,
  'gaussian',
  'orthogonal',
  'eva',
  'mica', // B was frozen in training; it acts as any other
  'lora_ga', // PEFT moves the base when it trains, not when it loads
];

/** Settings that are read elsewhere here, or say how an adapter was made but not how it acts. */
const HARMLESS: readonly string[] = [
  'peft_type',
  'peft_version',
  'task_type',
  'auto_mapping',
  'base_model_name_or_path',
  'revision',
  'inference_mode',
  'r',
  'lora_alpha',
  'use_rslora',
  'use_dora',
  'target_parameters',
  'lora_dropout',
  'target_modules',
  'layers_to_transform',
  'layers_pattern',
  'rank_pattern',
  'alpha_pattern',
  'init_lora_weights',
  'bias',
  'loftq_config', // these four count only with their init_lora_weights
  'eva_config',
  'corda_config',
  'lora_ga_config',
  'qalora_group_size', // counts only with use_qalora
  'megatron_core', // counts only with megatron_config
  'runtime_config',
  'ensure_weight_tying', // counts only for the embedding and the head
];

/** Settings that are on when they are an object, even an empty one: its defaults. */
const ON_IF_OBJECT: readonly string[] = [
  'use_bdlora',
  'kasa_config',
  'monteclora_config',
  'velora_config',
  'arrow_config',
];

const MERGE =
  'Merge it in PEFT (model.merge_and_unload().save_pretrained(folder)) and load the merged model with loadModel.';

/**
 * Reads an adapter config against the layers of a model. Missing values take PEFT's defaults (`r` 8, `lora_alpha` 8).
 *
 * @throws {Qwen3Error} `unsupported` for every setting that makes the adapter act otherwise than LoRA, rsLoRA or DoRA on
 * the untouched base, also for settings that are not known here; `config` for impossible values.
 */
export function readAdapterConfig(
  config: Record<string, unknown>,
  source: string,
  { modules, stacks }: AdaptableLayers,
): AdapterConfig {
  const refuse: Refuse = (code, what) => {
    throw new Qwen3Error(code, `loadAdapter: ${source}: ${what}`);
  };
  refuseVariants(config, refuse);
  const { r = 8, lora_alpha: alpha = 8, lora_dropout: dropout = 0 } = config;
  if (!Number.isSafeInteger(r) || (r as number) < 1) {
    refuse('config', `r must be a whole number above 0, got ${showValue(r)}.`);
  }
  if (!Number.isFinite(alpha)) {
    refuse('config', `lora_alpha must be a number, got ${showValue(alpha)}.`);
  }
  if (!Number.isFinite(dropout) || (dropout as number) < 0 || (dropout as number) > 1) {
    refuse('config', `lora_dropout must lie in [0, 1], got ${showValue(dropout)}.`);
  }
  const baseModel = config.base_model_name_or_path ?? null;
  if (baseModel !== null && typeof baseModel !== 'string') {
    refuse('config', `base_model_name_or_path must be text or null, got ${showValue(baseModel)}.`);
  }
  const targeted = [
    ...targetedModules(config, modules, refuse),
    ...targetedStacks(config.target_parameters, stacks, refuse),
  ];
  if (targeted.length === 0) {
    refuse(
      'unsupported',
      `target_modules = ${showValue(config.target_modules)} fits no linear layer of this model. Known: ${Object.keys(LINEAR_MODULES).join(', ')}.`,
    );
  }
  const ranks = patternValues(
    { key: 'rank_pattern', patterns: config.rank_pattern },
    targeted,
    refuse,
  );
  const alphas = patternValues(
    { key: 'alpha_pattern', patterns: config.alpha_pattern },
    targeted,
    refuse,
  );
  return {
    r: r as number,
    alpha: alpha as number,
    useRslora: config.use_rslora === true,
    useDora: config.use_dora === true,
    dropout: dropout as number,
    baseModel: baseModel as string | null,
    layers: Object.fromEntries(
      targeted.map((name) => [
        name,
        { r: ranks.get(name) ?? (r as number), alpha: alphas.get(name) ?? (alpha as number) },
      ]),
    ),
  };
}

function refuseVariants(config: Record<string, unknown>, refuse: Refuse): void {
  const plain = `This version reads LoRA, rsLoRA and DoRA. ${MERGE}`;
  for (const key of ['use_rslora', 'use_dora']) {
    const value = config[key] ?? false;
    if (typeof value !== 'boolean')
      refuse('config', `${key} must be true or false, got ${showValue(value)}.`);
  }
  if (config.peft_type !== 'LORA') {
    refuse('unsupported', `peft_type ${showValue(config.peft_type)} is not "LORA". ${plain}`);
  }
  const { init_lora_weights: init = null, bias = null } = config;
  if (!PLAIN_INITS.includes(init)) {
    refuse(
      'unsupported',
      `init_lora_weights ${showValue(init)} changes the weights of the base, or is not known (known: ${PLAIN_INITS.map((one) => showValue(one)).join(', ')}). Save it with save_pretrained(folder, path_initial_model_for_weight_conversion=...), which makes plain LoRA of it. Or: ${MERGE}`,
    );
  }
  if (bias !== null && bias !== 'none') {
    refuse(
      'unsupported',
      `bias ${showValue(bias)} trains the base's biases, which is not supported. ${plain}`,
    );
  }
  const tokens = config.alora_invocation_tokens;
  if (!isNeutral('alora_invocation_tokens', tokens)) {
    refuse(
      'unsupported',
      `alora_invocation_tokens ${showValue(tokens)} lets the adapter act only behind these tokens, which is not supported and cannot be merged. Train it as plain LoRA.`,
    );
  }
  for (const [key, value] of Object.entries(config)) {
    if (HARMLESS.includes(key) || isNeutral(key, value)) continue;
    refuse('unsupported', `${showValue(key)} = ${showValue(value)} is not supported. ${plain}`);
  }
}

/** Off in PEFT, which tests most settings for truth. */
function isNeutral(key: string, value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  if (typeof value !== 'object' || Object.keys(value).length > 0) return false;
  return Array.isArray(value) || !ON_IF_OBJECT.includes(key);
}

/** Ranks or alphas of layers that differ from the common one: of several patterns the first that fits counts, as in PEFT. */
function patternValues(
  { key, patterns }: { key: string; patterns: unknown },
  layers: readonly string[],
  refuse: Refuse,
): Map<string, number> {
  const isObject = typeof (patterns ?? {}) === 'object' && !Array.isArray(patterns);
  if (!isObject) refuse('config', `${key} must be an object, got ${showValue(patterns)}.`);
  const values = new Map<string, number>();
  for (const [pattern, value] of Object.entries((patterns ?? {}) as object)) {
    const isGood =
      key === 'rank_pattern' ? Number.isSafeInteger(value) && value > 0 : Number.isFinite(value);
    if (!isGood)
      refuse(
        'config',
        `${key} gives ${showValue(pattern)} the value ${showValue(value)}, a number was expected.`,
      );
    for (const name of matching({ key, pattern: `(?:.*\\.)?(?:${pattern})` }, layers, refuse)) {
      if (!values.has(name)) values.set(name, value as number); // looked at above
    }
  }
  return values;
}
