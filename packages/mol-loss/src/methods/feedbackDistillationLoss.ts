import {
  type DistillationLogprobData,
  type DistillationLogprobResult,
  distillationLossFromLogprobs,
} from '../distill/distillationLossFromLogprobs.ts';
import type { DistillationWeightsOptions } from '../distill/distillationWeights.ts';

/** A first stage before GRPO: the teacher, an average of past weights, reads the feedback on this attempt. */
export const FEEDBACK_DISTILLATION = {
  support: 'full', // per-token KL between the two distributions (paper); over the whole vocabulary: ours
  divergence: 'reverse', // ours: the paper's abstract says KL, not which
  normalizer: 'token', // ours
  inactiveRows: 'left-out', // ours
  emaRate: 0.05, // the teacher is an average of past weights (paper); the rate is SDPO's
} as const;

/** What a call may change. */
export type FeedbackDistillationOptions = Omit<DistillationWeightsOptions, 'inactiveRows'>;

/**
 * Feedback distillation: match one's own distribution after the feedback, token by token, and begin GRPO from there.
 *
 *     L = mean over tokens with feedback of KL(s || t)
 *
 * @throws {MolLossError} as `distillationLoss`.
 *
 * @example
 * const half = Math.log(0.5);
 * const teacherLogprobs = [Math.log(0.8), Math.log(0.2)];
 * const data = { sequenceIds: [0], hasTeacher: [1], studentLogprobs: [half, half], teacherLogprobs };
 * feedbackDistillationLoss(data).loss; // 0.2231
 *
 * @see Narozniak et al. 2026, Distilling LLM Feedback for Lean Theorem Proving: https://arxiv.org/abs/2605.30861
 */
export function feedbackDistillationLoss(
  data: DistillationLogprobData,
  options: FeedbackDistillationOptions = {},
): DistillationLogprobResult {
  const { emaRate: _, ...own } = FEEDBACK_DISTILLATION;
  return distillationLossFromLogprobs(data, { ...own, ...options });
}
