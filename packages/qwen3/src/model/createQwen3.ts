import type { Variable } from '@tensorflow/tfjs-core';
import { checkConfig } from '../checkpoint/checkConfig.ts';
import type { Qwen3Config } from '../checkpoint/qwen3Config.ts';
import { Qwen3Error } from '../errors.ts';
import { parameterShapes } from './parameterShapes.ts';
import { Qwen3 } from './qwen3.ts';
import { checkSeed, seededNormal } from './seededNormal.ts';
import { toVariable } from './toVariable.ts';

export interface CreateQwen3Options {
  /** Same seed, same weights, on every platform. */
  seed: number;
}

/** 256 GiB of f32. The largest dense Qwen3 has half of it and 64 layers. */
const MAX_VALUES = 2 ** 36;
const MAX_LAYERS = 10_000;

/**
 * A fresh model: norms 1, everything else normal with standard deviation `initializerRange`, the padding
 * token's embedding 0, as transformers initialises it.
 *
 * @throws {Qwen3Error} `config` if a value is impossible, the sizes contradict each other or ask for more than 256 GiB, `option` if the seed is no
 * whole number in [0, 2^32).
 *
 * @example
 * const model = createQwen3({ ...TINY_CONFIG, numHiddenLayers: 3 }, { seed: 1 });
 * Object.keys(model.parameters).length; // 35
 * model.dispose();
 */
export function createQwen3(config: Qwen3Config, options: CreateQwen3Options): Qwen3 {
  checkConfig(config);
  const { seed } = { ...options };
  checkSeed('createQwen3', seed);
  checkSize(config);
  const normal = seededNormal(seed);
  const parameters: Record<string, Variable> = {};
  for (const [name, shape] of Object.entries(parameterShapes(config))) {
    const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
    if (name.endsWith('norm.weight')) values.fill(1);
    else for (let i = 0; i < values.length; i++) values[i] = config.initializerRange * normal();
    if (name === 'model.embed_tokens.weight' && config.padTokenId !== null) {
      const start = config.padTokenId * config.hiddenSize;
      values.fill(0, start, start + config.hiddenSize);
    }
    parameters[name] = toVariable(values, shape);
  }
  return new Qwen3(config, parameters);
}

/** Counts before anything is listed or allocated. */
function checkSize(config: Qwen3Config): void {
  const values = (numHiddenLayers: number): number =>
    Object.values(parameterShapes({ ...config, numHiddenLayers })).reduce(
      (sum, shape) => sum + shape.reduce((product, n) => product * n, 1),
      0,
    );
  const layers = config.numHiddenLayers;
  const total = values(0) + layers * (values(1) - values(0));
  if (total <= MAX_VALUES && layers <= MAX_LAYERS) return;
  throw new Qwen3Error(
    'config',
    `createQwen3: a model of these sizes has ${layers} layers and ${total} weights, at most ${MAX_LAYERS} and ${MAX_VALUES} can be made. Check the config's sizes.`,
  );
}
