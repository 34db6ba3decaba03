import type { Tensor } from '@tensorflow/tfjs-core';
import { passesFirstUseCheck } from './firstUseCheck.ts';
import type { FusedOp, FusedOpArguments, FusedOpDefinition } from './fusedOp.ts';
import { hasFusedKernels, runFusedKernel } from './runFusedKernel.ts';

/**
 * Makes an op that runs as one kernel where the current back end has it and as its reference
 * everywhere else, differentiable by `record`, `tf.grads` and `tf.variableGrads` alike.
 *
 * A back end offers the op by registering two tfjs kernels. `<name>` gets the inputs by name and
 * the attributes, and returns `outputs`. `<name>Gradient` gets the saved tensors by name, one
 * cotangent `d<output>` per output, and the attributes with `wanted` (names of inputs); it returns
 * the gradients of the wanted inputs, in that order.
 *
 * The first use on a back end checks the kernels against the reference on a small example. If they
 * differ, a warning says so and the op keeps to the reference there.
 *
 * @example
 * const double = defineFusedOp({
 *   name: 'double', // no back end has a kernel of that name yet: the reference runs
 *   inputs: ['x'],
 *   saves: [],
 *   reference: (x) => add(x, x),
 *   tolerance: 1e-6,
 *   example: (shape, random) => [random.normal(shape)],
 * });
 * double(scalar(3)).dataSync(); // Float32Array [6]
 */
export function defineFusedOp<
  Arguments extends FusedOpArguments,
  Result extends Tensor | Tensor[] = Tensor,
>(definition: FusedOpDefinition<Arguments, Result>): FusedOp<Arguments, Result> {
  const run = (...args: Arguments): Result =>
    hasFusedKernels(definition) && passesFirstUseCheck(op)
      ? runFusedKernel(definition, args)
      : definition.reference(...args);
  const op: FusedOp<Arguments, Result> = Object.assign(run, { definition });
  return op;
}
