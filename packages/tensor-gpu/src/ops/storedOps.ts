import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import { adoptWeight, storedDtype, weightTensor } from '../backend/weightTensor.ts';
import { defineFusedOp } from '../fused/defineFusedOp.ts';
import { passesFirstUseCheck } from '../fused/firstUseCheck.ts';
import type { FusedOp, FusedOpArguments } from '../fused/fusedOp.ts';
import { hasFusedKernels } from '../fused/runFusedKernel.ts';
import type { MappedTensor, Weight } from '../weights/mappedTensor.ts';
import { narrow } from '../weights/narrow.ts';
import { STORED_DTYPES, type StoredDtype } from '../weights/storedDtype.ts';
import { storedTensor } from '../weights/storedTensor.ts';

/** An op with frozen weights of each type: the same kernels, with a check of their own. */
export interface StoredOps {
  readonly base: FusedOp;
  readonly byDtype: Readonly<Record<StoredDtype, FusedOp>>;
}

/**
 * The op with these inputs frozen, in each type that they are stored in. Its reference widens them; its check compares the
 * gradients of the other inputs.
 */
export function storedOps(op: FusedOp, weights: readonly string[]): StoredOps {
  const variants = Object.keys(STORED_DTYPES).map((dtype) => [
    dtype,
    storedOp(op, weights, dtype as StoredDtype), // keys of STORED_DTYPES
  ]);
  return { base: op, byDtype: Object.fromEntries(variants) };
}

function storedOp(op: FusedOp, weights: readonly string[], dtype: StoredDtype): FusedOp {
  const { definition } = op;
  const { inputs, differentiable = inputs } = definition;
  const replaced = (args: FusedOpArguments, replace: (weight: Tensor) => Tensor) =>
    args.map((arg, k) => (weights.includes(inputs[k] ?? '') ? replace(arg as Tensor) : arg)); // inputs are tensors
  return defineFusedOp({
    ...definition,
    variant: dtype,
    checked: differentiable.filter((input) => !weights.includes(input)),
    reference: (...args) => definition.reference(...replaced(args, widened)),
    example: (shape, random) => {
      const { elements } = STORED_DTYPES[dtype];
      const width = Math.ceil(shape.at(-1)! / elements) * elements; // examples have a width
      const args = definition.example([...shape.slice(0, -1), width], random);
      return replaced(args, (weight) => adoptWeight(stored(weight, dtype)));
    },
  });
}

function stored(weight: Tensor, dtype: StoredDtype): MappedTensor {
  const bytes = narrow(weight.dataSync<'float32'>(), dtype);
  return storedTensor(bytes, { shape: weight.shape, dtype });
}

/** The values of a frozen weight in a tensor that any op can read. */
const widened = (weight: Tensor): Tensor => tensor(weight.dataSync(), weight.shape, 'float32');

/**
 * What the op takes for a weight: a frozen one as it lies, where the kernels for its type agree with the reference, else
 * a widened copy in the open scope.
 */
export function operand(weight: Weight, { base, byDtype }: StoredOps): Tensor {
  const tensor = weightTensor(weight);
  const dtype = storedDtype(tensor);
  if (dtype === undefined) return tensor; // not frozen, or widened already
  const usable =
    hasFusedKernels(base.definition) &&
    passesFirstUseCheck(base) &&
    passesFirstUseCheck(byDtype[dtype]);
  return usable ? tensor : widened(tensor);
}
