import { assertNumber } from '../base/assertNumber.ts';
import { assertList, readFields } from '../base/readFields.ts';
import { finiteAt } from './finiteAt.ts';
import type { TermResult } from './termResult.ts';

export interface RltfFeedbackData {
  /** `[N]`, log-probs of the feedback's tokens after (prompt, attempt). */
  logprobs: ArrayLike<number>;
}

export interface RltfFeedbackOptions {
  /** Default 0.1: `sft_loss_weight` of the authors' code. */
  weight?: number | undefined;
  /** What the policy loss of the same step divides its sum by. Default 1: both are sums, as in the authors' code. */
  total?: number | undefined;
}

/**
 * RLTF-FM, feedback modelling: the model learns to say what will be said of its attempt, in the step that learns the reward.
 *
 *     L = L_RL - weight * sum over feedback tokens of log p / total
 *
 * It is MoL's cross-entropy without the KL, joint with the policy loss instead of before it.
 *
 * @throws {MolLossError} `missing`, `option`, `unknown-name`, `not-finite`.
 *
 * @example
 * const { loss, gradient } = rltfFeedbackLoss({ logprobs: [-1, -3] });
 * loss; // 0.4
 * gradient; // Float64Array [-0.1, -0.1]
 *
 * @see RL from Text Feedback, 2026: https://arxiv.org/abs/2602.02482
 */
export function rltfFeedbackLoss(
  data: RltfFeedbackData,
  options: RltfFeedbackOptions = {},
): TermResult {
  const where = 'rltfFeedbackLoss';
  const given = readFields(where, options, { known: { weight: true, total: true } });
  const { weight = 0.1, total = 1 } = given;
  assertNumber(`${where}: weight`, weight, { min: 0 });
  assertNumber(`${where}: total`, total, { above: 0 });
  const { logprobs } = readFields(where, data, { what: 'field', known: { logprobs: true } });
  assertList(where, 'logprobs', logprobs);
  let sum = 0;
  for (let i = 0; i < logprobs.length; i++) {
    sum -= finiteAt({ where, name: 'logprobs' }, logprobs, i);
  }
  const gradient = new Float64Array(logprobs.length).fill(-weight / total);
  const metrics = { 'rltf/feedback_ce': sum / Math.max(1, logprobs.length) };
  return { loss: (weight * sum) / total, gradient, metrics };
}
