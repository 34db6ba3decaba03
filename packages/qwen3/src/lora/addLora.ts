import { sqrt, type Tensor, tidy, type Variable, variable } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { checkBoolean, checkInteger, checkList, checkOptionNames } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { checkModel } from '../model/checkModel.ts';
import { LINEAR_MODULES, type LinearModule } from '../model/layerDescription.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { checkSeed, uniformStream } from '../model/seededNormal.ts';
import { toVariable } from '../model/toVariable.ts';
import { adapterShapes, expertStacks, type LayerRanks } from './adapterShapes.ts';
import { linearModules } from './adapterTargets.ts';
import { attachAdapter, checkNewName, DEFAULT_NAME, squaredRowNorms } from './attachAdapter.ts';

/** Every linear layer of a block. */
export const ALL_LINEAR: readonly LinearModule[] = Object.keys(LINEAR_MODULES) as LinearModule[];

/** Wider than any layer of a dense Qwen3: a damaged number must not allocate the machine away. */
const MAX_RANK = 2 ** 16;

export interface AddLoraOptions {
  /** Rank of the update. */
  r: number;
  /** The update is scaled by `alpha / r`. */
  alpha: number;
  /** Layers to adapt, by the last part of their name. Default all seven linear layers of a block, those of experts too. */
  targets?: readonly LinearModule[] | undefined;
  /** Seed of A's first values. Default 0. */
  seed?: number | undefined;
  /** rsLoRA: scale by `alpha / sqrt(r)`, which keeps large ranks learning. Default false. */
  useRslora?: boolean | undefined;
  /** DoRA: train the length of each row apart from its direction. Default false. */
  useDora?: boolean | undefined;
  /** Under which the model knows the adapter: see `withAdapter`. Default `'default'`. */
  name?: string | undefined;
}

const ADD_LORA_OPTIONS: readonly string[] = [
  'r',
  'alpha',
  'targets',
  'seed',
  'useRslora',
  'useDora',
  'name',
] satisfies (keyof AddLoraOptions)[];

/**
 * Puts a LoRA adapter on a model: from now on only its own values are `trainable()`, the weights are frozen.
 *
 *     W' = W + s B A        A uniform in ±1/sqrt(in), B 0: the first forward pass is the base's
 *     s = alpha / r, with rsLoRA alpha / sqrt(r)
 *     DoRA: W' = m (W + s B A) / ||W + s B A||, a length m for each row, at first that of W
 *
 * Experts are adapted as PEFT does it: one A and B per layer for all of gate and up, of twice the rank, one for all of down.
 *
 * @throws {Qwen3Error} `option` if the model has an adapter of that name already, `r` is not a whole number above 0, a
 * target is unknown, or DoRA is asked of experts.
 * @see Hu et al. 2021, LoRA: https://arxiv.org/abs/2106.09685 (A's range is PEFT's default)
 * @see Kalajdzievski 2023, rsLoRA: https://arxiv.org/abs/2312.03732
 * @see Liu et al. 2024, DoRA: https://arxiv.org/abs/2402.09353
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * addLora(model, { r: 16, alpha: 32 });
 * Object.keys(model.trainable())[0]; // 'model.layers.0.self_attn.q_proj.lora_A.weight'
 */
export function addLora(model: Qwen3, options: AddLoraOptions): void {
  checkModel('addLora', model);
  checkOptionNames('addLora', options, ADD_LORA_OPTIONS);
  const { r, alpha, targets = ALL_LINEAR, seed = 0, name = DEFAULT_NAME } = options;
  const { useRslora = false, useDora = false } = options;
  checkNewName('addLora', model, name);
  checkOptions(r, alpha, targets);
  checkBoolean('addLora: useRslora', useRslora);
  checkBoolean('addLora: useDora', useDora);
  checkSeed('addLora', seed);
  const layers = adaptedLayers(model, { r, alpha, targets, useDora });
  const parameters = firstValues(model, adapterShapes(model, layers, useDora), seed);
  const settings = { name, r, alpha, useRslora, useDora, baseModel: null, dropout: 0 };
  attachAdapter(model, { ...settings, layers, parameters });
}

function adaptedLayers(
  model: Qwen3,
  {
    r,
    alpha,
    targets,
    useDora,
  }: Required<Pick<AddLoraOptions, 'r' | 'alpha' | 'useDora'>> & { targets: readonly string[] },
): LayerRanks {
  const isExpert = (name: string): boolean => /\.experts\.\d+\./.test(name);
  const plain = linearModules(model).filter(
    (name) => !isExpert(name) && targets.some((target) => name.endsWith(`.${target}`)),
  );
  const [hasGate, hasUp, hasDown] = ['gate_proj', 'up_proj', 'down_proj'].map((t) =>
    targets.includes(t),
  );
  const stacks = expertStacks(model).filter((name) =>
    name.endsWith('.down_proj') ? hasDown : hasGate || hasUp,
  );
  if (stacks.length > 0 && hasGate !== hasUp) {
    throw new Qwen3Error(
      'option',
      'addLora: gate_proj and up_proj of experts lie in one tensor and share their A. Give both as targets, or neither.',
    );
  }
  if (stacks.length > 0 && useDora) {
    throw new Qwen3Error(
      'option',
      'addLora: useDora is for layers by themselves, as in PEFT; experts have none. Leave gate_proj, up_proj and down_proj out of targets.',
    );
  }
  return Object.fromEntries([
    ...plain.map((name) => [name, { r, alpha }] as const),
    ...stacks.map((name) => {
      const times = name.endsWith('.gate_up_proj') ? 2 : 1;
      return [name, { r: times * r, alpha: times * alpha }] as const;
    }),
  ]);
}

function firstValues(
  model: Qwen3,
  shapes: Record<string, number[]>,
  seed: number,
): Record<string, Variable> {
  const uniform = uniformStream(seed);
  const parameters: Record<string, Variable> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    if (name.endsWith('.lora_magnitude_vector')) {
      const module = name.slice(0, name.lastIndexOf('.'));
      const { [module]: squares } = squaredRowNorms(model, [module]);
      parameters[name] = tidy(() => variable(sqrt(squares as Tensor)));
      squares?.dispose();
      continue;
    }
    const values = new Float32Array(shape[0]! * shape[1]!);
    const bound = 1 / Math.sqrt(shape[1]!);
    if (name.endsWith('.lora_A.weight')) {
      for (let i = 0; i < values.length; i++) values[i] = bound * (2 * uniform() - 1);
    }
    parameters[name] = toVariable(values, shape);
  }
  return parameters;
}

function checkOptions(r: number, alpha: number, targets: readonly string[]): void {
  const fail = (what: string): never => {
    throw new Qwen3Error('option', `addLora: ${what}`);
  };
  checkInteger('addLora: r', r, [1, MAX_RANK]);
  if (!Number.isFinite(alpha)) fail(`alpha must be finite, got ${showValue(alpha)}.`);
  checkList('addLora: targets', targets);
  if (targets.length === 0) fail('targets is empty: nothing would be trained.');
  const unknown = targets.findIndex((target) => !Object.hasOwn(LINEAR_MODULES, target));
  if (unknown >= 0) {
    fail(`unknown target ${showValue(targets[unknown])}. Known: ${ALL_LINEAR.join(', ')}.`);
  }
}
