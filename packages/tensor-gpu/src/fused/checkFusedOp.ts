import { dispose, engine } from '@tensorflow/tfjs-core';
import { checkExample, relativeError } from './checkExample.ts';
import { checkName } from './firstUseCheck.ts';
import type { FusedOp } from './fusedOp.ts';
import { hasFusedKernels } from './runFusedKernel.ts';

export interface CheckFusedOpOptions {
  /** Sizes of the examples, `[..., width]`. */
  shapes: readonly (readonly number[])[];
  /** Seed of the random inputs and cotangents. */
  seed: number;
}

/** Outcome of comparing a fused op with its reference. */
export interface FusedOpCheck {
  op: string;
  backend: string;
  /** False when the back end has no kernel for the op: nothing was checked. */
  fused: boolean;
  /** `|fused - reference| / max(1, |reference|)`, the worst over values, gradients and shapes. */
  maxError: number;
  /** Where `maxError` was seen, such as `'dweight for [3,257]'`. */
  where: string;
  tolerance: number;
  ok: boolean;
}

/**
 * Checks value and every gradient of a fused op against its reference on the current back end.
 *
 * @example
 * const double = defineFusedOp({
 *   name: 'double',
 *   inputs: ['x'],
 *   saves: [],
 *   reference: (x) => add(x, x),
 *   tolerance: 1e-6,
 *   example: (shape, random) => [random.normal(shape)],
 * });
 * const { ok, fused } = await checkFusedOp(double, { shapes: [[3, 257]], seed: 1 });
 * fused; // false
 */
export async function checkFusedOp(
  op: FusedOp,
  { shapes, seed }: CheckFusedOpOptions,
): Promise<FusedOpCheck> {
  const { tolerance } = op.definition;
  const check = {
    op: checkName(op),
    backend: engine().backendName,
    maxError: 0,
    where: '',
    tolerance,
  };
  if (!hasFusedKernels(op.definition)) return { ...check, fused: false, ok: true };
  for (const shape of shapes) {
    for (const { what, fused, reference } of checkExample(op.definition, shape, seed)) {
      const error = relativeError(await fused.data(), await reference.data());
      dispose([fused, reference]);
      if (error > check.maxError) {
        check.maxError = error;
        check.where = `${what} for [${shape}]`;
      }
    }
  }
  return { ...check, fused: true, ok: check.maxError <= tolerance };
}
