import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { matching, type Refuse, targetedModules } from './adapterTargets.ts';

/** What `adapter_config.json` says of a plain LoRA adapter. */
export interface AdapterConfig {
  r: number;
  alpha: number;
  dropout: number;
  baseModel: string | null;
  /** Full names of the adapted layers. */
  modules: string[];
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
 * @throws {Qwen3Error} `unsupported` for every setting that makes the adapter act otherwise than plain LoRA on the
 * untouched base, also for settings that are not known here; `config` for impossible values.
 */
export function readAdapterConfig(
  config: Record<string, unknown>,
  source: string,
  modules: readonly string[],
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
  const targeted = targetedModules(config, modules, refuse);
  refusePattern(config.rank_pattern, 'rank_pattern', r, targeted, refuse);
  refusePattern(config.alpha_pattern, 'alpha_pattern', alpha, targeted, refuse);
  return {
    r: r as number,
    alpha: alpha as number,
    dropout: dropout as number,
    baseModel: baseModel as string | null,
    modules: targeted,
  };
}

function refuseVariants(config: Record<string, unknown>, refuse: Refuse): void {
  const plain = `This version reads plain LoRA. ${MERGE}`;
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
      `bias ${showValue(bias)} trains biases, which Qwen3 does not have. ${plain}`,
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

/** Ranks or alphas per layer: fine where they fit no adapted layer or repeat the common value. */
function refusePattern(
  patterns: unknown,
  key: string,
  common: unknown,
  modules: readonly string[],
  refuse: Refuse,
): void {
  const isObject = typeof (patterns ?? {}) === 'object' && !Array.isArray(patterns);
  if (!isObject) refuse('config', `${key} must be an object, got ${showValue(patterns)}.`);
  for (const [pattern, value] of Object.entries((patterns ?? {}) as object)) {
    if (value === common) continue;
    const [first] = matching(`(?:.*\\.)?(?:${pattern})`, key, modules, refuse);
    if (first === undefined) continue;
    refuse(
      'unsupported',
      `${key} gives ${first} another value (${showValue(value)}) than the rest (${showValue(common)}), which is not supported. ${MERGE}`,
    );
  }
}
