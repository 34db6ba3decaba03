import { join, resolve } from '#platform';
import { Qwen3Error } from '../base/errors.ts';
import { checkOptionNames } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { filePath } from '../checkpoint/filePath.ts';
import { inTurn } from '../checkpoint/inTurn.ts';
import { jsonText } from '../checkpoint/jsonText.ts';
import { tensorsToWrite } from '../checkpoint/tensorsToWrite.ts';
import { writeFileAtomically } from '../checkpoint/writeFileAtomically.ts';
import { writeTensors } from '../checkpoint/writeSafetensors.ts';
import type { Adapter } from '../model/adapter.ts';
import { checkModel } from '../model/checkModel.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { isStack } from './adapterShapes.ts';

/** PEFT puts its wrapper's name before the module's. */
export const PEFT_PREFIX: string = 'base_model.model.';

export interface SaveAdapterOptions {
  /**
   * Name on the Hugging Face hub or folder of the base model, which `AutoPeftModelForCausalLM` loads by itself. Default:
   * what a loaded adapter said, else the folder the model was loaded from, else null.
   */
  baseModel?: string | null | undefined;
}

/**
 * Writes the adapter as a PEFT folder: `adapter_config.json` and `adapter_model.safetensors`, each whole or not at all.
 *
 * @param folder - text or a `file:` URL.
 * @throws {Qwen3Error} `option` if the model has no adapter or its values are not finite (nothing is written then),
 * `io` if the folder cannot be written.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * addLora(model, { r: 4, alpha: 8 });
 * await saveAdapter(model, 'adapter', { baseModel: 'Qwen/Qwen3-0.6B' });
 * const other = createQwen3(TINY_CONFIG, { seed: 1 });
 * await loadAdapter(other, 'adapter');
 * other.adapter?.scaling; // 2
 */
export async function saveAdapter(
  model: Qwen3,
  folder: string | URL,
  options: SaveAdapterOptions = {},
): Promise<void> {
  checkModel('saveAdapter', model);
  const path = filePath('saveAdapter', folder);
  checkOptionNames('saveAdapter', options, ['baseModel']);
  const { adapter } = model;
  if (!adapter)
    throw new Qwen3Error('option', 'saveAdapter: the model has no adapter. Add one with addLora.');
  const { baseModel = adapter.baseModel ?? model.folder ?? null } = options;
  if (baseModel !== null && typeof baseModel !== 'string') {
    throw new Qwen3Error(
      'option',
      `saveAdapter: baseModel must be text or null, got ${showValue(baseModel)}.`,
    );
  }
  const named = Object.fromEntries(
    Object.entries(adapter.parameters).map(([name, value]) => [PEFT_PREFIX + name, value]),
  );
  const stored = tensorsToWrite('saveAdapter', named, 'float32');
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: baseModel,
    r: adapter.r,
    lora_alpha: adapter.alpha,
    lora_dropout: adapter.dropout,
    target_modules: [...adapter.targets].sort(),
    target_parameters: stackTargets(adapter),
    rank_pattern: patterns(adapter, 'r'),
    alpha_pattern: patterns(adapter, 'alpha'),
    bias: 'none',
    fan_in_fan_out: false,
    init_lora_weights: true,
    inference_mode: true,
    use_dora: adapter.useDora,
    use_rslora: adapter.useRslora,
  };
  await inTurn(resolve(path), async () => {
    await writeTensors(join(path, 'adapter_model.safetensors'), stored);
    const text = jsonText(config, ['lora_dropout']);
    await writeFileAtomically(join(path, 'adapter_config.json'), [text]);
  });
}

/** The stacks of experts, by the last part of their names; null where there are none. */
function stackTargets({ layers }: Adapter): string[] | null {
  const names = Object.keys(layers).filter(isStack);
  const parts = [...new Set(names.map((name) => name.slice(name.lastIndexOf('.') + 1)))];
  return parts.length === 0 ? null : parts.sort();
}

/** Ranks or alphas other than the common one, by a pattern for each layer: PEFT sorts them, and no two fit one name. */
function patterns(adapter: Adapter, key: 'r' | 'alpha'): Record<string, number> {
  const others = Object.entries(adapter.layers).filter(
    ([, settings]) => settings[key] !== adapter[key],
  );
  return Object.fromEntries(
    others.map(([name, settings]) => [name.replaceAll('.', '\\.'), settings[key]]),
  );
}
