import {
  blendAdvantages,
  FEEDBACK_DISTILLATION,
  rlsdAdvantages,
  rlsdShare,
  SDFT,
  SDPO,
} from '@molrl/mol-loss';
import type { LIVE_METHODS } from '../../config/sections/live.ts';
import { feedbackContext, firstContext, siblingContext } from './contexts.ts';
import type { OpenMethod } from './liveMethod.ts';
import { observations } from './observations.ts';
import { sdpg } from './sdpg.ts';
import { secondAttempt } from './secondAttempt.ts';
import { selfDistillation } from './selfDistillation.ts';
import { symbolicFeedback } from './symbolicFeedback.ts';
import { teacherAdvantages } from './teacherAdvantages.ts';
import { withoutFeedback } from './withoutFeedback.ts';

/** A success of a sibling, and the feedback only where there is none (SDPO). */
const solvedOrTold = firstContext(siblingContext(SDPO.successReward), feedbackContext);

/** Every method on live feedback, by its paper's name. What differs from the paper is said at each. */
export const PRESETS = {
  /** The rewards alone. */
  grpo: withoutFeedback('grpo'),
  /** 2605.24517: GRPO + 0.1 CE on what the environment says. Ours: two turns. */
  echo: observations('echo'),
  /** 2602.02482: two-turn RL + 0.1 sum of CE on the feedback. Ours: no instruction to give a critique, the feedback follows as it is. */
  'rltf-fm': observations('rltf-fm'),
  /** 2602.02482: the second attempt under the first prompt. */
  'rltf-sd': secondAttempt,
  /** 2601.20802 with rich feedback: reverse KL, average of weights at 0.01. Ours: the whole vocabulary (the paper: top 20). */
  sdpo: selfDistillation({
    context: solvedOrTold,
    teacher: { emaRate: 0.01 },
    divergence: 'reverse',
    normalizer: SDPO.normalizer,
  }),
  /** 2601.19897: forward KL to the base. Ours: the base reads the feedback, where the paper has a demonstration. */
  sdft: selfDistillation({
    context: feedbackContext,
    teacher: 'base',
    divergence: SDFT.divergence,
    normalizer: SDFT.normalizer,
  }),
  /** 2605.30861, before GRPO. Ours: the environment's own feedback, where the paper asks a language model. */
  'feedback-distillation': selfDistillation({
    context: feedbackContext,
    teacher: { emaRate: FEEDBACK_DISTILLATION.emaRate },
    divergence: FEEDBACK_DISTILLATION.divergence,
    normalizer: FEEDBACK_DISTILLATION.normalizer,
  }),
  /** 2606.04036: alpha and beta 1e-3, a live teacher. */
  sdpg: sdpg({ context: solvedOrTold }),
  /** 2604.03128: the teacher changes the size of an advantage, share 0.5 to 0 over 50 steps. */
  rlsd: teacherAdvantages({
    context: solvedOrTold,
    teacher: 'live',
    advantages: ({ advantages, logprobs, teacherLogprobs, step }) =>
      rlsdAdvantages(
        { advantages, oldLogprobs: logprobs, teacherLogprobs },
        { share: rlsdShare(step) },
      ),
  }),
  /** The lambda blend at 0.5: GRPO's advantage and sampled-token SDPO's. */
  blend: teacherAdvantages({
    context: solvedOrTold,
    teacher: { emaRate: 0.01 },
    advantages: ({ step: _, ...tokens }) => blendAdvantages(tokens, { lambda: 0.5 }),
  }),
  /** 2405.16661 in our reading of it (the values of its rewards could not be read): what a tool marks, such as a compiler. */
  rlsf: symbolicFeedback({ lambda: 1, gamma: 1 }),
  /** 2608.31046: the control. */
  unlikely: withoutFeedback('unlikely'),
} as const satisfies Record<(typeof LIVE_METHODS)[number], OpenMethod>;

export type PresetName = keyof typeof PRESETS;
