import type { Tensor } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { assertOneOf } from '../base/knownOptions.ts';
import type { MappedTensor, Weight } from './mappedTensor.ts';
import { narrow } from './narrow.ts';
import { BLOCK } from './storedDtype.ts';
import { storedTensor } from './storedTensor.ts';

/** Types of blocks of 32 weights that share a scale: 8.5, 4.5 and 5 bits a weight. */
export type QuantizedDtype = 'q8_0' | 'q4_0' | 'q4_1';

const DTYPES: readonly QuantizedDtype[] = ['q8_0', 'q4_0', 'q4_1'];

/**
 * A frozen copy of a matrix in blocks of 32 whole numbers and a scale, rounded as ggml rounds: for faster rollouts of a
 * model whose weights, not whose activations, are rounded. It is a snapshot: what is trained afterwards does not reach it.
 *
 *     q8_0: w ~ d q, d = max |w| / 127    q4_0: w ~ d (q - 8), d = (the w of largest |w|) / -8    q4_1: w ~ d q + min w, d = (max w - min w) / 15
 *
 * The log-probs of a quantised sampler are not those of the model that is trained: correct for it (`rolloutCorrection` of
 * @molrl/grpo), or score the tokens again.
 *
 * @param weight - `[out, in]`, `in` a multiple of 32.
 * @throws {TensorGpuError} `option` for another type, `shape` if the last axis is no multiple of 32, `not-finite` for
 * weights that are NaN or infinite.
 *
 * @example
 * const weight = quantize(ones([1, 32]), 'q4_1');
 * weight.dataSync().slice(0, 2); // Float32Array [1, 1]
 * weight.dispose();
 *
 * @see https://github.com/ggml-org/ggml (quantize_row_q8_0_ref, quantize_row_q4_0_ref, quantize_row_q4_1_ref)
 */
export function quantize(weight: Weight, dtype: QuantizedDtype): MappedTensor {
  assertOneOf('quantize: dtype', dtype, DTYPES);
  const shape = [...weight.shape];
  const width = shape.at(-1) ?? 0;
  if (width === 0 || width % BLOCK !== 0)
    throw new TensorGpuError(
      'shape',
      `quantize: the last axis of [${shape}] must be a multiple of ${BLOCK}: the blocks do not reach over rows. Keep this matrix as it is.`,
    );
  const values = valuesOf(weight);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new TensorGpuError(
      'not-finite',
      `quantize: element ${bad} of [${shape}] is ${values[bad]}. Look for the update that made it so.`,
    );
  return storedTensor(narrow(values, dtype), { shape, dtype });
}

function valuesOf(weight: Weight): Float32Array {
  const values = (weight as Tensor).dataSync(); // both kinds have it
  if (values instanceof Float32Array) return values;
  throw new TensorGpuError('shape', `quantize: the weight must be float32, got ${weight.dtype}.`);
}
