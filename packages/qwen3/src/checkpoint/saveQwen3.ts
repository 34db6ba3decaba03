import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Qwen3 } from '../model/qwen3.ts';
import { formatConfig } from './formatConfig.ts';
import type { StoredTensor } from './readSafetensors.ts';
import { writeFileAtomic } from './writeFileAtomic.ts';
import { writeSafetensors } from './writeSafetensors.ts';

export interface SaveQwen3Options {
  /** How weights are stored: exact, or rounded to half the size. No default: rounding must be meant. */
  dtype: 'float32' | 'bfloat16';
}

/**
 * Writes `config.json` and `model.safetensors`, which `loadQwen3` and transformers read. Each file appears whole
 * or not at all. A LoRA adapter is not included: use `saveAdapter`, or save the model that `mergeLora` returns.
 *
 * @throws {Qwen3Error} `io` if the folder cannot be written.
 *
 * @example
 * await saveQwen3(createQwen3(TINY_CONFIG, { seed: 1 }), 'folder', { dtype: 'bfloat16' });
 */
export async function saveQwen3(
  model: Qwen3,
  folder: string,
  options: SaveQwen3Options,
): Promise<void> {
  const { dtype } = options;
  await writeSafetensors(join(folder, 'model.safetensors'), await storedTensors(model.parameters), {
    dtype,
  });
  const config = formatConfig(model.config, dtype);
  await writeFileAtomic(join(folder, 'config.json'), [`${JSON.stringify(config, null, 2)}\n`]);
}

/** Reads tensors back from the device, ready for `writeSafetensors`. */
export async function storedTensors(
  tensors: Record<string, Tensor>,
): Promise<Record<string, StoredTensor>> {
  const stored: Record<string, StoredTensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    stored[name] = { shape: tensor.shape, data: (await tensor.data()) as Float32Array };
  }
  return stored;
}
