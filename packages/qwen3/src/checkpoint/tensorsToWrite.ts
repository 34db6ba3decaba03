import type { Weight } from '@molrl/tensor-gpu';
import { Qwen3Error } from '../base/errors.ts';
import { valuesOf } from '../model/frozenWeight.ts';
import type { WeightDtype } from './weightDtype.ts';
import type { TensorToWrite } from './writeSafetensors.ts';

/** From here on a value is no longer finite: bfloat16 rounds the last half unit below 2^128 up to infinity. */
const LIMITS: Record<WeightDtype, number> = {
  float32: Number.POSITIVE_INFINITY,
  bfloat16: 2 ** 128 - 2 ** 119,
};

/**
 * Tensors of the device as `writeTensors` takes them: each is read back when it is written, so that a large model needs no
 * second copy.
 *
 * @throws {Qwen3Error} `option`, while it is written, if a value is not finite: such a file could not be loaded again.
 */
export function tensorsToWrite(
  functionName: string,
  tensors: Record<string, Weight>,
  dtype: WeightDtype,
): TensorToWrite[] {
  return Object.entries(tensors).map(([name, tensor]) => ({
    name,
    shape: [...tensor.shape],
    stored: dtype === 'bfloat16' ? 'BF16' : 'F32',
    async values() {
      const data = await valuesOf(tensor);
      const bad = data.findIndex((value) => !(Math.abs(value) < LIMITS[dtype]));
      if (bad < 0) return data;
      throw new Qwen3Error(
        'option',
        `${functionName}: ${name} is ${data[bad]} at index ${bad}, which ${dtype} cannot hold as a number. The run diverged; nothing was written.`,
      );
    },
  }));
}
