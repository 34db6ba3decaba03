import type { Variable } from '@tensorflow/tfjs-core';
import { join } from '#platform';
import { Qwen3Error } from '../base/errors.ts';
import { checkFunction, checkOptionNames } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { warn } from '../base/warn.ts';
import { filePath } from '../checkpoint/filePath.ts';
import { openSafetensors, type SafetensorsFile } from '../checkpoint/openSafetensors.ts';
import { readFloats } from '../checkpoint/readFloats.ts';
import { readJson } from '../checkpoint/readJson.ts';
import { requireFiles } from '../checkpoint/requireFiles.ts';
import { checkModel } from '../model/checkModel.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { toVariable } from '../model/toVariable.ts';
import { readAdapterConfig } from './adapterConfig.ts';
import { adapterShapes, expertStacks } from './adapterShapes.ts';
import { linearModules } from './adapterTargets.ts';
import { attachAdapter, checkNewName, DEFAULT_NAME } from './attachAdapter.ts';
import { otherBase } from './otherBase.ts';
import { PEFT_PREFIX } from './saveAdapter.ts';

export interface LoadAdapterOptions {
  /** Under which the model knows the adapter: see `withAdapter`. Default `'default'`. */
  name?: string | undefined;
  /** Told if the adapter records another base than this model. Default `console.warn`; `null`: nobody. */
  onWarning?: ((message: string) => void) | null | undefined;
}

/**
 * Puts a PEFT adapter on a model: LoRA, rsLoRA or DoRA, with ranks and alphas of single layers, and on the experts of a
 * mixture. Layers may be named in all of PEFT's spellings: last parts, full names, a regular expression,
 * `'all-linear'`. `base_model_name_or_path` and `lora_dropout` are kept for `saveAdapter`; where the former
 * is not the model's own name, `onWarning` is told.
 *
 * @param folder - `adapter_config.json` and `adapter_model.safetensors`; text or a `file:` URL.
 * @throws {Qwen3Error} `option` if the model has an adapter of that name already, `io` if a file is missing,
 * `unsupported` for whatever changes the base or the way the adapter acts (PiSSA, OLoRA, CorDA, LoftQ, aLoRA, other PEFT
 * methods, settings that are not known), `config` for impossible values, `checkpoint` if a tensor is
 * missing, has another shape, or holds NaN.
 */
export async function loadAdapter(
  model: Qwen3,
  folder: string | URL,
  options: LoadAdapterOptions = {},
): Promise<void> {
  checkModel('loadAdapter', model);
  checkOptionNames('loadAdapter', options, ['name', 'onWarning']);
  const { name = DEFAULT_NAME, onWarning = warn } = options;
  if (onWarning !== null) checkFunction('loadAdapter: onWarning', onWarning);
  checkNewName('loadAdapter', model, name);
  const path = filePath('loadAdapter', folder);
  await requireFiles('loadAdapter', path, {
    kind: 'adapter',
    files: ['adapter_config.json', 'adapter_model.safetensors'],
  });
  const configFile = join(path, 'adapter_config.json');
  const config = await readJson('loadAdapter', configFile);
  const settings = readAdapterConfig(config, configFile, {
    modules: linearModules(model),
    stacks: expertStacks(model),
  });
  const file = await openSafetensors(join(path, 'adapter_model.safetensors'));
  try {
    const shapes = adapterShapes(model, settings.layers, settings.useDora);
    const stored = storedNames(file, shapes, settings.r);
    const parameters = await readParameters(file, shapes, stored);
    attachAdapter(model, { ...settings, name, parameters });
    const other = otherBase(model, { baseModel: settings.baseModel, folder: path });
    if (other !== undefined) onWarning?.(other);
  } finally {
    await file.close();
  }
}

/** Our name -> name in the file. PEFT writes `lora_A.weight`; a plain `state_dict` has the adapter's name in it. */
function storedNames(
  file: SafetensorsFile,
  shapes: Record<string, number[]>,
  r: number,
): Map<string, string> {
  const fail = (what: string): never => {
    throw new Qwen3Error('checkpoint', `loadAdapter: adapter_model.safetensors ${what}`);
  };
  const stored = new Map<string, string>();
  for (const name of file.entries.keys()) {
    const own = name.startsWith(PEFT_PREFIX) ? name.slice(PEFT_PREFIX.length) : '';
    const plain = own
      .replace(/\.lora_([AB])\.default\.weight$/, '.lora_$1.weight')
      .replace(/\.lora_magnitude_vector(\.default)?(\.weight)?$/, '.lora_magnitude_vector');
    if (!Object.hasOwn(shapes, plain)) fail(`holds ${showValue(name)}, ${strangeTensor(name)}`);
    if (stored.has(plain)) fail(`holds ${showValue(plain)} twice, with and without "default".`);
    stored.set(plain, name);
  }
  for (const [name, shape] of Object.entries(shapes)) {
    const found = file.entries.get(stored.get(name) ?? '')?.shape;
    if (found?.join() === shape.join()) continue;
    const what = found ? `has the shape ${showValue(found)}` : 'is missing';
    fail(
      `does not fit: ${PEFT_PREFIX}${name} ${what}, the model and r = ${r} ask for ${showValue(shape)}. The adapter is of another model, or its config of another adapter.`,
    );
  }
  return stored;
}

/** Why a tensor may be in the file although config and model do not explain it. */
function strangeTensor(name: string): string {
  if (!name.startsWith(PEFT_PREFIX)) {
    return `names begin with ${PEFT_PREFIX} in PEFT's files. Save the adapter with save_pretrained.`;
  }
  if (/embed_tokens|lm_head/.test(name)) {
    return 'a part of the embedding or the output head (a resized vocabulary, or modules_to_save), which is not supported. PEFT can merge it if the model is not tied; otherwise train it on the linear layers alone.';
  }
  if (!/\.lora_([AB]\.|magnitude_vector)/.test(name)) {
    return 'which neither LoRA nor DoRA has. Merge the adapter in PEFT (merge_and_unload) and load the merged model.';
  }
  return 'which target_modules and the model do not explain. The adapter is of another model, or its config of another adapter.';
}

async function readParameters(
  file: SafetensorsFile,
  shapes: Record<string, number[]>,
  stored: Map<string, string>,
): Promise<Record<string, Variable>> {
  const parameters: Record<string, Variable> = {};
  try {
    for (const [name, shape] of Object.entries(shapes)) {
      const source = stored.get(name) ?? name;
      parameters[name] = toVariable(await readFloats('loadAdapter', file, source), shape);
    }
  } catch (error) {
    for (const variable of Object.values(parameters)) variable.dispose();
    throw error;
  }
  return parameters;
}
