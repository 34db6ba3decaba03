import { reshape, selectRows } from '@molrl/tensor-gpu';
import { type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import type { LanguageModel, ModelInput } from '../model/languageModel.ts';

/** What is scored, whether the load-balancing loss is wanted, and whether layers are computed again. */
interface HiddenRequest {
  /** Whom an error names. */
  caller: string;
  batch: ModelInput;
  rows: Int32Array;
  onBalanceLoss?: ((loss: Tensor) => void) | undefined;
  gradientCheckpointing?: boolean | undefined;
}

/** Hidden states of the positions that predict a target, `[N, H]`. Call it inside `tidy` or `record`. */
export function targetHidden(
  model: LanguageModel,
  { caller, batch, rows, onBalanceLoss, gradientCheckpointing }: HiddenRequest,
): Tensor {
  const hidden = model.forward({
    ...batch,
    ...(onBalanceLoss && { onBalanceLoss }),
    ...(gradientCheckpointing && { gradientCheckpointing }),
  });
  const [B, T, H] = hidden.shape;
  if (hidden.rank !== 3 || B !== batch.B || T !== batch.T) {
    throw new Qwen3Error(
      'shape',
      `${caller}: model.forward must return hidden states [B, T, H] = [${batch.B}, ${batch.T}, H], got [${hidden.shape}].`,
    );
  }
  return selectRows(reshape(hidden, [B * T, H!]), tensor1d(rows, 'int32')); // rank 3
}
