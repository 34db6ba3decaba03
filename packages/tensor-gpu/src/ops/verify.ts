import { currentBackend } from '../backend/backend.ts';
import { checkFusedOp, type FusedOpCheck } from '../fused/checkFusedOp.ts';
import { recordCheck } from '../fused/firstUseCheck.ts';
import type { FusedOp } from '../fused/fusedOp.ts';
import { fusedOps } from './fusedOps.ts';

/** Vector tails, single rows, and more rows than one block of the kernels. */
const SHAPES = [[1], [3, 257], [2, 5, 64], [150, 32]];

/**
 * Checks value and gradients of every fused op against its reference on the current back end, in
 * depth (seconds). An op that differs is reported and uses its reference from now on.
 *
 * @example
 * const checks = await verify();
 * checks.filter((check) => !check.ok).length; // 0
 */
export async function verify(): Promise<FusedOpCheck[]> {
  const checks: FusedOpCheck[] = [];
  // where frozen weights are widened, their ops are those of tensors
  const isChecked = ({ definition }: FusedOp) =>
    !currentBackend()?.widensWeights || definition.variant === undefined;
  for (const op of fusedOps.filter(isChecked)) {
    const check = await checkFusedOp(op, { shapes: SHAPES, seed: 1 });
    if (check.fused) recordCheck(op, check.maxError);
    checks.push(check);
  }
  return checks;
}
