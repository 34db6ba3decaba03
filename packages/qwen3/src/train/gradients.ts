import { add, dispose, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';

/** dLoss/dparameter by name, as an optimiser's `step` takes it. `tf.dispose` frees all. */
export type Gradients = Record<string, Tensor>;

/**
 * Adds gradients by name: of micro-batches, or of two losses. A loss that is a mean needs the sizes of the whole batch
 * (`numItemsInBatch`, `totals`), so that its parts add up.
 *
 * @param total - the sum so far; `undefined` before the first.
 * @returns the new sum. Both arguments are used up: it may be `more` itself, and what is no longer needed is freed.
 * @throws {Qwen3Error} `option` if the two are not of the same parameters.
 *
 * @example
 * let total = addGradients(undefined, { w: tensor1d([1, 2]) });
 * total = addGradients(total, { w: tensor1d([10, 20]) });
 * total.w.dataSync(); // Float32Array [11, 22]
 */
export function addGradients(total: Gradients | undefined, more: Gradients): Gradients {
  if (total === undefined) return more;
  const names = Object.keys(more);
  const odd = [...names, ...Object.keys(total)].find((name) => !(total[name] && more[name]));
  if (odd !== undefined) {
    throw new Qwen3Error(
      'option',
      `addGradients: both must be of the same parameters, '${odd}' is in one of them only. Was an adapter added in between?`,
    );
  }
  const sum = tidy(() =>
    Object.fromEntries(names.map((name) => [name, add(more[name]!, total[name]!) as Tensor])),
  );
  dispose([total, more]);
  return sum;
}
