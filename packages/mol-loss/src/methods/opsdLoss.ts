import {
  type DistillationLogprobData,
  type DistillationLogprobResult,
  distillationLossFromLogprobs,
} from '../distill/distillationLossFromLogprobs.ts';
import type { SdftOptions } from './sdftLoss.ts';

/** OPSD's settings: the adapter switched off is the teacher; it reads the solution. */
export const OPSD = {
  support: 'full',
  divergence: 'jsd', // siyan-zhao/OPSD
  jsdBeta: 0.5, // siyan-zhao/OPSD
  normalizer: 'token',
  inactiveRows: 'left-out',
} as const;

/**
 * OPSD: as SDFT, with the symmetric divergence and the reference solution in the teacher's context.
 *
 *     L = mean over tokens of D_0.5(s || t)
 *
 * @throws {MolLossError} as `distillationLoss`.
 *
 * @example
 * const half = Math.log(0.5);
 * const data = { sequenceIds: [0], hasTeacher: [1], studentLogprobs: [half, half], teacherLogprobs: [0, -Infinity] };
 * opsdLoss(data).loss; // 0.2158
 *
 * @see https://arxiv.org/abs/2601.18734
 */
export function opsdLoss(
  data: DistillationLogprobData,
  options: SdftOptions = {},
): DistillationLogprobResult {
  return distillationLossFromLogprobs(data, { ...OPSD, ...options });
}
