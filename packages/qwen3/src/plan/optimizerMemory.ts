import { parameterShapes } from '../model/parameterShapes.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';

/** Optimizers of tensor-gpu. */
export type OptimizerName = 'adamw' | 'adamw8bit' | 'muon';
export const OPTIMIZERS: readonly OptimizerName[] = ['adamw', 'adamw8bit', 'muon'];

/** Bytes that an optimizer keeps of the trained weights, which take `trained` bytes. */
export function optimizerMemory(
  config: Qwen3Config,
  options: { optimizer?: OptimizerName | undefined; trained: number; loraRank: number },
): number {
  const { optimizer = 'adamw', trained, loraRank } = options;
  if (optimizer === 'adamw8bit') return Math.round(trained * (2.03 / 4)); // two codes, and a scale for 256 of each
  if (optimizer === 'adamw') return 2 * trained;
  // muon keeps one momentum of the matrices inside, and both of AdamW for the rest
  return 2 * trained - (loraRank > 0 ? trained : insideBytes(config));
}

const insideBytes = (config: Qwen3Config): number =>
  Object.entries(parameterShapes(config))
    .filter(([name, shape]) => shape.length === 2 && name.startsWith('model.layers.'))
    .reduce((total, [, [out = 0, width = 0]]) => total + 4 * out * width, 0);
