import type { Variable } from '@tensorflow/tfjs-core';
import { checkOptionNames } from '../base/optionChecks.ts';
import { checkConfig } from './checkConfig.ts';
import { parameterShapes } from './parameterShapes.ts';
import { Qwen3 } from './qwen3.ts';
import type { Qwen3Config } from './qwen3Config.ts';
import { checkSeed, seededNormal } from './seededNormal.ts';
import { toVariable } from './toVariable.ts';

export interface CreateQwen3Options {
  /** Same seed, same weights, on every platform. */
  seed: number;
}

/**
 * A fresh model: norms 1, biases 0, everything else normal with standard deviation `initializerRange`, the padding
 * token's embedding 0, as transformers initialises it.
 *
 * @throws {Qwen3Error} `config` if the sizes contradict each other, `option` for an unknown field or option, or
 * unless the seed is a whole number in [0, 2^32).
 *
 * @example
 * const model = createQwen3({ ...TINY_CONFIG, numHiddenLayers: 3 }, { seed: 1 });
 * Object.keys(model.parameters).length; // 35
 * model.dispose();
 */
export function createQwen3(config: Qwen3Config, options: CreateQwen3Options): Qwen3 {
  checkConfig(config);
  checkOptionNames('createQwen3', options, ['seed']);
  checkSeed('createQwen3', options.seed);
  const normal = seededNormal(options.seed);
  const parameters: Record<string, Variable> = {};
  for (const [name, shape] of Object.entries(parameterShapes(config))) {
    const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
    if (name.endsWith('norm.weight')) values.fill(1);
    else if (!name.endsWith('.bias'))
      for (let i = 0; i < values.length; i++) values[i] = config.initializerRange * normal();
    if (name === 'model.embed_tokens.weight' && config.padTokenId !== null) {
      const start = config.padTokenId * config.hiddenSize;
      values.fill(0, start, start + config.hiddenSize);
    }
    parameters[name] = toVariable(values, shape);
  }
  return new Qwen3(config, { parameters });
}
