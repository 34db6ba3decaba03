import type { Weight } from '@molrl/tensor-gpu';
import { valuesOf } from '../model/frozenWeight.ts';
import { assertStorable } from './assertStorable.ts';
import type { WeightDtype } from './weightDtype.ts';
import type { TensorToWrite } from './writeSafetensors.ts';

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
  const stored = dtype === 'bfloat16' ? 'BF16' : 'F32';
  return Object.entries(tensors).map(([name, tensor]) => ({
    ...{ name, stored, shape: [...tensor.shape] },
    async values() {
      const values = await valuesOf(tensor);
      assertStorable(functionName, { name, values }, stored);
      return values;
    },
  }));
}
