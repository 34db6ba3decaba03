import type { Tensor } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import type { StoredTensor } from './readSafetensors.ts';
import type { WeightDtype } from './weightDtype.ts';

/** From here on a value is no longer finite: bfloat16 rounds the last half unit below 2^128 up to infinity. */
const LIMITS: Record<WeightDtype, number> = {
  float32: Number.POSITIVE_INFINITY,
  bfloat16: 2 ** 128 - 2 ** 119,
};

/**
 * Reads tensors back from the device, ready for `writeSafetensors`.
 *
 * @throws {Qwen3Error} `option` if a value is not finite: such a file could not be loaded again.
 */
export async function storedTensors(
  functionName: string,
  tensors: Record<string, Tensor>,
  dtype: WeightDtype,
): Promise<Record<string, StoredTensor>> {
  const stored: Record<string, StoredTensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const data = (await tensor.data()) as Float32Array; // weights are float32
    const bad = data.findIndex((value) => !(Math.abs(value) < LIMITS[dtype]));
    if (bad >= 0) {
      throw new Qwen3Error(
        'option',
        `${functionName}: ${name} is ${data[bad]} at index ${bad}, which ${dtype} cannot hold as a number. The run diverged; nothing was written.`,
      );
    }
    stored[name] = { shape: tensor.shape, data };
  }
  return stored;
}
