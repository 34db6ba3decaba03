import type { Tensor, Variable } from '@tensorflow/tfjs-core';

/** A LoRA adapter as it sits on a model: `y = x W^T + scaling * (x A^T) B^T`, and with DoRA `y * m / ||W + scaling B A||`. */
export interface Adapter {
  /** Under which the model knows it. */
  readonly name: string;
  /** Rank. */
  readonly r: number;
  readonly alpha: number;
  /** `alpha / r`, with rsLoRA `alpha / sqrt(r)`. */
  readonly scaling: number;
  /** rsLoRA. */
  readonly useRslora: boolean;
  /** DoRA: each row of a layer has a length of its own, the magnitude. */
  readonly useDora: boolean;
  /** The adapted layers, each with its rank and alpha: `rank_pattern` and `alpha_pattern` may give some other ones. */
  readonly layers: Readonly<Record<string, LayerSettings>>;
  /** As in PEFT's `target_modules`: `q_proj` for every layer's, or full names such as `model.layers.1.mlp.up_proj`. */
  readonly targets: readonly string[];
  /** `base_model_name_or_path` of a loaded adapter: name or folder of the model it was trained on. */
  readonly baseModel: string | null;
  /** `lora_dropout` of a loaded adapter. Kept for its file, never applied: the forward pass here has no dropout. */
  readonly dropout: number;
  /**
   * `<module>.lora_A.weight` `[r, in]`, `<module>.lora_B.weight` `[out, r]` and with DoRA `<module>.lora_magnitude_vector`
   * `[out]`, as PEFT's files name them.
   */
  readonly parameters: Record<string, Variable>;
  /** With DoRA, the squared length of each row of the frozen weights, by module. */
  readonly rowNorms: Readonly<Record<string, Tensor>>;
  /** Off = the base model. Use `withAdapter` instead of setting it. */
  enabled: boolean;
  dispose(): void;
}

/** Rank, alpha and what comes of them. */
export interface LayerSettings {
  readonly r: number;
  readonly alpha: number;
  readonly scaling: number;
}
