import {
  type DistillationLogprobData,
  type DistillationLogprobResult,
  distillationLossFromLogprobs,
} from '../distill/distillationLossFromLogprobs.ts';
import type { DistillationWeightsOptions } from '../distill/distillationWeights.ts';

/** SDFT's settings: the teacher is the frozen base, which reads a demonstration; full vocabulary (top 20 gave the same). */
export const SDFT = {
  support: 'full',
  divergence: 'forward', // the author: all results of the paper used it; TRL has JSD 0.5 on the top 100
  isClip: 2, // TRL
  normalizer: 'sequence', // TRL
  inactiveRows: 'left-out',
} as const;

/** What a call may change. */
export type SdftOptions = Omit<DistillationWeightsOptions, 'inactiveRows'>;

/**
 * SDFT: the student's own tokens, scored by the base with a demonstration in its context.
 *
 *     L = mean over rows of the mean over tokens of  min(exp(log s - log old), 2) KL(t || s)
 *
 * @throws {MolLossError} as `distillationLoss`.
 *
 * @example
 * const half = Math.log(0.5);
 * const data = { sequenceIds: [0], hasTeacher: [1], studentLogprobs: [half, half], teacherLogprobs: [0, -Infinity] };
 * sdftLoss(data).loss; // 0.6931
 *
 * @see https://arxiv.org/abs/2601.19897
 */
export function sdftLoss(
  data: DistillationLogprobData,
  options: SdftOptions = {},
): DistillationLogprobResult {
  return distillationLossFromLogprobs(data, { ...SDFT, ...options });
}
