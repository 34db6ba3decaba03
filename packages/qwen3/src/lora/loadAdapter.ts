import { join } from 'node:path';
import type { Variable } from '@tensorflow/tfjs-core';
import { readJson } from '../checkpoint/readJson.ts';
import { readSafetensors } from '../checkpoint/readSafetensors.ts';
import { Qwen3Error } from '../errors.ts';
import { LINEAR_MODULES, type LinearModule } from '../model/parameterShapes.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { toVariable } from '../model/toVariable.ts';
import { createAdapter } from './adapter.ts';
import { adapterShapes } from './addLora.ts';
import { PEFT_PREFIX } from './saveAdapter.ts';

/**
 * Puts a PEFT LoRA adapter on a model.
 *
 * @throws {Qwen3Error} `option` if the model has an adapter already, `io` if a file is missing, `unsupported` for DoRA,
 * rsLoRA, per-layer ranks and other PEFT methods, `checkpoint` if a tensor is missing or has another shape.
 */
export async function loadAdapter(model: Qwen3, folder: string): Promise<void> {
  if (model.adapter) {
    throw new Qwen3Error(
      'option',
      'loadAdapter: the model has an adapter already. Load the model afresh first.',
    );
  }
  const { r, alpha, targets } = readAdapterConfig(
    await readJson('loadAdapter', join(folder, 'adapter_config.json')),
    folder,
  );
  const path = join(folder, 'adapter_model.safetensors');
  const stored = await readSafetensors(path);
  const shapes = adapterShapes(model, r, targets);
  for (const [name, shape] of Object.entries(shapes)) {
    const found = stored[PEFT_PREFIX + name]?.shape;
    if (found?.join() !== shape.join()) {
      const what = found ? `has shape [${found}]` : 'is missing';
      throw new Qwen3Error(
        'checkpoint',
        `loadAdapter: ${PEFT_PREFIX}${name} ${what}, the model and r = ${r} ask for [${shape}]. The adapter in ${path} is of another model.`,
      );
    }
  }
  const extra = Object.keys(stored).find((name) => !(name.slice(PEFT_PREFIX.length) in shapes));
  if (extra) {
    throw new Qwen3Error(
      'checkpoint',
      `loadAdapter: ${path} holds ${extra}, which target_modules and the model do not explain.`,
    );
  }
  const parameters: Record<string, Variable> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    parameters[name] = toVariable(stored[PEFT_PREFIX + name]!.data as Float32Array, shape);
  }
  model.adapter = createAdapter({ r, alpha, targets, parameters });
}

function readAdapterConfig(
  config: Record<string, unknown>,
  folder: string,
): { r: number; alpha: number; targets: LinearModule[] } {
  const refuse = (what: string): never => {
    throw new Qwen3Error(
      'unsupported',
      `loadAdapter: ${folder} uses ${what}, which is not supported by this version. It reads plain LoRA.`,
    );
  };
  if (config.peft_type !== 'LORA') refuse(`peft_type ${JSON.stringify(config.peft_type)}`);
  for (const key of [
    'use_dora',
    'use_rslora',
    'fan_in_fan_out',
    'lora_bias',
    'use_qalora',
    'use_bdlora',
  ]) {
    if (config[key] === true) refuse(key);
  }
  for (const key of [
    'rank_pattern',
    'alpha_pattern',
    'target_parameters',
    'modules_to_save',
    'layers_to_transform',
    'layer_replication',
    'trainable_token_indices',
    'exclude_modules',
  ]) {
    const value = config[key];
    if (value !== null && value !== undefined && Object.keys(value).length > 0) refuse(key);
  }
  if (typeof config.bias === 'string' && config.bias !== 'none')
    refuse(`bias ${JSON.stringify(config.bias)}`);
  const { r, lora_alpha: alpha, target_modules: targets } = config;
  if (
    !Number.isInteger(r) ||
    (r as number) < 1 ||
    typeof alpha !== 'number' ||
    !Array.isArray(targets)
  ) {
    throw new Qwen3Error(
      'config',
      `loadAdapter: adapter_config.json in ${folder} must hold r, lora_alpha and a list target_modules, got r = ${JSON.stringify(r)}, lora_alpha = ${JSON.stringify(alpha)}, target_modules = ${JSON.stringify(targets)}.`,
    );
  }
  const unknown = targets.find((target) => !(target in LINEAR_MODULES));
  if (unknown !== undefined) refuse(`the target module ${JSON.stringify(unknown)}`);
  return { r: r as number, alpha, targets: targets as LinearModule[] };
}
