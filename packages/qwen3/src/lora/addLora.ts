import type { Variable } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { checkInteger, checkList, checkOptionNames } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { checkModel } from '../model/checkModel.ts';
import { LINEAR_MODULES, type LinearModule } from '../model/layerDescription.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { checkSeed, seededUniform } from '../model/seededNormal.ts';
import { toVariable } from '../model/toVariable.ts';
import { linearModules } from './adapterTargets.ts';
import { adapterShapes, attachAdapter } from './attachAdapter.ts';

/** Every linear layer of a block. */
export const ALL_LINEAR: readonly LinearModule[] = Object.keys(LINEAR_MODULES) as LinearModule[];

/** Wider than any layer of a dense Qwen3: a damaged number must not allocate the machine away. */
const MAX_RANK = 2 ** 16;

export interface AddLoraOptions {
  /** Rank of the update. */
  r: number;
  /** The update is scaled by `alpha / r`. */
  alpha: number;
  /** Layers to adapt, by the last part of their name. Default all seven linear layers of a block. */
  targets?: readonly LinearModule[] | undefined;
  /** Seed of A's first values. Default 0. */
  seed?: number | undefined;
}

/**
 * Puts a LoRA adapter on a model: from now on only A and B are `trainable()`, the weights are frozen.
 *
 *     W' = W + (alpha / r) B A        A uniform in ±1/sqrt(in), B 0: the first forward pass is the base's
 *
 * @throws {Qwen3Error} `option` if the model has an adapter already, `r` is not a whole number above 0, or a
 * target is unknown.
 * @see Hu et al. 2021, LoRA: https://arxiv.org/abs/2106.09685 (A's range is PEFT's default)
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * addLora(model, { r: 16, alpha: 32 });
 * Object.keys(model.trainable())[0]; // 'model.layers.0.self_attn.q_proj.lora_A.weight'
 */
export function addLora(model: Qwen3, options: AddLoraOptions): void {
  checkModel('addLora', model);
  checkOptionNames('addLora', options, ['r', 'alpha', 'targets', 'seed']);
  const { r, alpha, targets = ALL_LINEAR, seed = 0 } = options;
  checkOptions(model, r, alpha, targets);
  checkSeed('addLora', seed);
  const modules = linearModules(model).filter((name) =>
    targets.some((target) => name.endsWith(`.${target}`)),
  );
  const uniform = seededUniform(seed);
  const parameters: Record<string, Variable> = {};
  for (const [name, shape] of Object.entries(adapterShapes(model, r, modules))) {
    const values = new Float32Array(shape[0]! * shape[1]!);
    const bound = 1 / Math.sqrt(shape[1]!);
    if (name.endsWith('.lora_A.weight')) {
      for (let i = 0; i < values.length; i++) values[i] = bound * (2 * uniform() - 1);
    }
    parameters[name] = toVariable(values, shape);
  }
  attachAdapter(model, { r, alpha, baseModel: null, dropout: 0, parameters });
}

function checkOptions(model: Qwen3, r: number, alpha: number, targets: readonly string[]): void {
  const fail = (what: string): never => {
    throw new Qwen3Error('option', `addLora: ${what}`);
  };
  if (model.adapter)
    fail('the model has an adapter already. Merge it with mergeLora or load the model afresh.');
  checkInteger('addLora', 'r', r, 1, MAX_RANK);
  if (!Number.isFinite(alpha)) fail(`alpha must be finite, got ${showValue(alpha)}.`);
  checkList('addLora', 'targets', targets);
  if (targets.length === 0) fail('targets is empty: nothing would be trained.');
  const unknown = targets.findIndex((target) => !Object.hasOwn(LINEAR_MODULES, target));
  if (unknown >= 0) {
    fail(`unknown target ${showValue(targets[unknown])}. Known: ${ALL_LINEAR.join(', ')}.`);
  }
}
