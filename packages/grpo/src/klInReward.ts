import { assertLength, rowsOf } from './assertTokens.ts';

export interface KlInRewardData {
  /** `[B]`, score of each sequence. */
  rewards: ArrayLike<number>;
  /** `[B*T]`, log-probs at sampling time. */
  logprobs: ArrayLike<number>;
  /** `[B*T]`, log-probs under the reference. */
  refLogprobs: ArrayLike<number>;
  /** `[B*T]`. */
  completionMask: ArrayLike<number>;
  /** T. */
  sequenceLength: number;
}

/**
 * The penalty for leaving the reference as part of the reward instead of the loss (k1 estimator).
 *
 *     token reward[t] = [t is the last trained token] * score - coef * (logprob[t] - refLogprob[t])
 *     sequence reward = score - coef * sum_t (logprob[t] - refLogprob[t])
 *
 * @returns both forms: `tokenRewards` `[B*T]` and `sequenceRewards` `[B]`.
 * @throws {GrpoError} `shape` if the lengths do not fit.
 *
 * @example
 * klInReward(
 *   { rewards: [1], logprobs: [-1, -1], refLogprobs: [-2, -1], completionMask: [1, 1], sequenceLength: 2 },
 *   { coef: 0.1 },
 * ); // { tokenRewards: Float64Array [-0.1, 1], sequenceRewards: Float64Array [0.9] }
 *
 * @see Ouyang et al. 2022, InstructGPT: https://arxiv.org/abs/2203.02155
 */
export function klInReward(
  data: KlInRewardData,
  options: { coef: number },
): { tokenRewards: Float64Array; sequenceRewards: Float64Array } {
  const { rewards, logprobs, refLogprobs, completionMask, sequenceLength } = data;
  const rows = rowsOf('klInReward', logprobs.length, sequenceLength);
  assertLength('klInReward', 'rewards', rewards, rows);
  assertLength('klInReward', 'refLogprobs', refLogprobs, logprobs.length);
  assertLength('klInReward', 'completionMask', completionMask, logprobs.length);
  const tokenRewards = new Float64Array(logprobs.length);
  const sequenceRewards = Float64Array.from(rewards);
  for (let row = 0; row < rows; row++) {
    let last = -1;
    for (let i = row * sequenceLength; i < (row + 1) * sequenceLength; i++) {
      if (completionMask[i] === 0) continue;
      const penalty = options.coef * (logprobs[i]! - refLogprobs[i]!);
      tokenRewards[i] = -penalty;
      sequenceRewards[row]! -= penalty;
      last = i;
    }
    if (last >= 0) tokenRewards[last]! += rewards[row]!;
  }
  return { tokenRewards, sequenceRewards };
}
