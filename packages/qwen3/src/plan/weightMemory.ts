import { type StoredDtype, storedMemory } from '@molrl/tensor-gpu';
import { parameterShapes } from '../model/parameterShapes.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';

/** Bytes of all weights of a model: those of the heap, and matrices that stay frozen outside it. */
export function weightMemory(
  config: Qwen3Config,
  frozen: StoredDtype | null,
): { heap: number; mapped: number } {
  const bytes = { heap: 0, mapped: 0 };
  for (const shape of Object.values(parameterShapes(config))) {
    if (frozen !== null && shape.length === 2)
      bytes.mapped += storedMemory({ shape, dtype: frozen });
    else bytes.heap += 4 * shape.reduce((size, length) => size * length, 1);
  }
  return bytes;
}
