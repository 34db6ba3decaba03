import { add, matMul, mul, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Qwen3 } from '../model/qwen3.ts';

/**
 * The weights the model computes with: its own, and `W + scaling B A` where an adapter is on.
 *
 * @returns `weights` by name, and `dispose()`, which frees the merged copies and nothing else.
 */
export function effectiveWeights(model: Qwen3): {
  weights: Record<string, Tensor>;
  dispose(): void;
} {
  const weights: Record<string, Tensor> = { ...model.parameters };
  const merged: Tensor[] = [];
  const { adapter } = model;
  if (adapter?.enabled) {
    for (const [name, down] of Object.entries(adapter.parameters)) {
      if (!name.endsWith('.lora_A.weight')) continue;
      const module = name.slice(0, -'.lora_A.weight'.length);
      const up = adapter.parameters[`${module}.lora_B.weight`]!;
      const sum = tidy(() =>
        add(
          model.weight(`${module}.weight`),
          mul(matMul(up as Tensor, down as Tensor), adapter.scaling),
        ),
      );
      merged.push(sum);
      weights[`${module}.weight`] = sum;
    }
  }
  return {
    weights,
    dispose() {
      for (const tensor of merged) tensor.dispose();
    },
  };
}
