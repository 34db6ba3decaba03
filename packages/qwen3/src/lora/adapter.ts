import type { Variable } from '@tensorflow/tfjs-core';
import type { LinearModule } from '../model/parameterShapes.ts';

/** A LoRA adapter as it sits on a model: `y = x W^T + scaling * (x A^T) B^T`. */
export interface Adapter {
  /** Rank. */
  readonly r: number;
  readonly alpha: number;
  /** `alpha / r` */
  readonly scaling: number;
  readonly targets: readonly LinearModule[];
  /** `<module>.lora_A.weight` `[r, in]` and `<module>.lora_B.weight` `[out, r]`. */
  readonly parameters: Record<string, Variable>;
  /** Off = the base model. Use `withoutAdapter` instead of setting it. */
  enabled: boolean;
  dispose(): void;
}

/** @param parameters - owned by the adapter from now on. */
export function createAdapter(
  fields: Pick<Adapter, 'r' | 'alpha' | 'targets' | 'parameters'>,
): Adapter {
  return {
    ...fields,
    scaling: fields.alpha / fields.r,
    enabled: true,
    dispose() {
      for (const variable of Object.values(fields.parameters)) variable.dispose();
    },
  };
}
