import type { Weight } from '@molrl/tensor-gpu';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import type { TokenBatch } from './tokenBatch.ts';

/** Token ids with position and sequence: what `tokenBatch` and `packedBatch` make. */
export type ModelInput = Pick<
  TokenBatch,
  'B' | 'T' | 'inputIds' | 'positions' | 'segmentIds' | 'tree'
>;

/** What training asks of a language model. `Qwen3` is one; any object with these functions is. */
export interface LanguageModel {
  /**
   * Hidden states `[B, T, H]`, made of differentiable ops. A token may see earlier tokens of its own segment only.
   * `onBalanceLoss` is given where a trainer wants the load-balancing loss of experts: a model that has them calls it
   * with a scalar. With `gradientCheckpointing` it may keep less for the backward pass and compute more in it.
   */
  forward(
    batch: ModelInput & {
      onBalanceLoss?: ((loss: Tensor) => void) | undefined;
      gradientCheckpointing?: boolean | undefined;
    },
  ): Tensor;
  /** The output matrix `[V, H]`: logits are hidden states times its transpose. The model keeps ownership. */
  head(): Weight;
  /** What an optimiser moves, by name. */
  trainable(): Record<string, Variable>;
  /** Where there is one, `enabled = false` makes the model its frozen base. */
  adapter?: { enabled: boolean } | undefined;
  /** Whether `forward` reads `tree` of a batch whose prefixes stand once. Default `false`: it is not given one. */
  sharesPrefixes?: boolean | undefined;
}

/** @throws {Qwen3Error} `option` unless `value` has the functions of a {@link LanguageModel}. */
export function checkLanguageModel(
  caller: string,
  name: string,
  value: unknown,
): asserts value is LanguageModel {
  const has = (key: string): boolean =>
    typeof (value as Record<string, unknown> | null | undefined)?.[key] === 'function'; // any value may be asked
  const missing = ['forward', 'head', 'trainable'].filter((key) => !has(key));
  if (missing.length === 0) return;
  const what =
    value instanceof Promise
      ? 'a Promise. Write `await loadModel(folder)`'
      : `${showValue(value)} without ${missing.join(', ')}`;
  throw new Qwen3Error(
    'option',
    `${caller}: ${name} must be a language model with forward, head and trainable, such as loadModel or createQwen3 returns, got ${what}.`,
  );
}
