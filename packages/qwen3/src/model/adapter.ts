import type { Variable } from '@tensorflow/tfjs-core';

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
