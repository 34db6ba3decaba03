import type { Variable } from '@tensorflow/tfjs-core';
import type { Qwen3 } from '../model/qwen3.ts';
import { peftTargets } from './adapterTargets.ts';

/** A LoRA adapter as it sits on a model: `y = x W^T + scaling * (x A^T) B^T`. */
export interface Adapter {
  /** Rank. */
  readonly r: number;
  readonly alpha: number;
  /** `alpha / r` */
  readonly scaling: number;
  /** As in PEFT's `target_modules`: `q_proj` for every layer's, or full names such as `model.layers.1.mlp.up_proj`. */
  readonly targets: readonly string[];
  /** `base_model_name_or_path` of a loaded adapter: name or folder of the model it was trained on. */
  readonly baseModel: string | null;
  /** `lora_dropout` of a loaded adapter. Kept for its file, never applied: the forward pass here has no dropout. */
  readonly dropout: number;
  /** `<module>.lora_A.weight` `[r, in]` and `<module>.lora_B.weight` `[out, r]`. */
  readonly parameters: Record<string, Variable>;
  /** Off = the base model. Use `withoutAdapter` instead of setting it. */
  enabled: boolean;
  dispose(): void;
}

/** Sets `model.adapter`. @param parameters - owned by the adapter from now on. */
export function attachAdapter(
  model: Qwen3,
  fields: Pick<Adapter, 'r' | 'alpha' | 'baseModel' | 'dropout' | 'parameters'>,
): void {
  const adapted = Object.keys(fields.parameters).filter((name) => name.endsWith(LORA_A));
  model.adapter = {
    ...fields,
    scaling: fields.alpha / fields.r,
    targets: peftTargets(
      adapted.map((name) => name.slice(0, -LORA_A.length)),
      model,
    ),
    enabled: true,
    dispose() {
      for (const variable of Object.values(fields.parameters)) variable.dispose();
    },
  };
}

const LORA_A = '.lora_A.weight';

/** Names and shapes of A and B for the adapted layers, in the order given. */
export function adapterShapes(
  model: Qwen3,
  r: number,
  modules: readonly string[],
): Record<string, number[]> {
  const shapes: Record<string, number[]> = {};
  for (const module of modules) {
    const [rows, columns] = model.weight(`${module}.weight`).shape as [number, number];
    shapes[`${module}${LORA_A}`] = [r, columns];
    shapes[`${module}.lora_B.weight`] = [rows, r];
  }
  return shapes;
}
