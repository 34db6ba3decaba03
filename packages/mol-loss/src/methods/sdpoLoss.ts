import {
  type DistillationLogprobData,
  type DistillationLogprobResult,
  distillationLossFromLogprobs,
} from '../distill/distillationLossFromLogprobs.ts';
import type { DistillationWeightsOptions } from '../distill/distillationWeights.ts';

/**
 * SDPO's settings. The teacher is the same model after the prompt, a successful sibling and the feedback on this attempt;
 * it scores the student's own tokens. A sample's own success is not shown to itself.
 */
export const SDPO = {
  support: 'top-k-tail', // paper
  topK: 100, // paper; 20 with rich feedback
  divergence: 'jsd', // paper
  jsdBeta: 0.5, // paper's alpha; with rich feedback 1, the reverse KL
  isClip: 2, // paper and code
  normalizer: 'token', // code
  inactiveRows: 'left-out', // code; TRL counts them
  emaRate: 0.05, // paper, of the teacher's weights; 0.01 with rich feedback
  successReward: 0.5, // paper: from here on an attempt is a solution; TRL 1
} as const;

/** What a call may change. */
export type SdpoOptions = Omit<DistillationWeightsOptions, 'inactiveRows'>;

/**
 * SDPO: policy optimisation by distillation from oneself, told what was wrong.
 *
 *     L = mean over tokens with a teacher of  min(exp(log s - log old), 2) D_0.5(s || t)
 *     on the student's top 100 tokens and one bucket for the rest
 *
 * @param data - log-probs of the student's top tokens under both: `studentLogprobs`, `teacherLogprobs`.
 * @throws {MolLossError} as `distillationLoss`.
 *
 * @example
 * const data = { sequenceIds: [0], hasTeacher: [1], studentLogprobs: [-0.2], teacherLogprobs: [-2] };
 * sdpoLoss(data).loss; // 0.2572
 *
 * @see https://arxiv.org/abs/2601.20802, lasgroup/SDPO `compute_self_distillation_loss`
 */
export function sdpoLoss(
  data: DistillationLogprobData,
  options: SdpoOptions = {},
): DistillationLogprobResult {
  const { support, divergence, jsdBeta, isClip, normalizer, inactiveRows } = SDPO;
  const own = { support, divergence, jsdBeta, isClip, normalizer, inactiveRows } as const;
  return distillationLossFromLogprobs(data, { ...own, ...options });
}
