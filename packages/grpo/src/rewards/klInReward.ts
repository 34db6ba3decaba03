import { assertFiniteTokens, assertLength, assertLogprobs } from '../base/assertTokens.ts';
import { nonNegative } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import type { Mask } from '../base/readMask.ts';
import { readOptions } from '../base/readOptions.ts';
import { readTokenData, trainedRows } from '../base/readTokenData.ts';

export interface KlInRewardData {
  /** `[B]`, score of each sequence: all turns together. */
  rewards: ArrayLike<number>;
  /** `[B*T]`, log-probs at sampling time. */
  logprobs: ArrayLike<number>;
  /** `[B*T]`, log-probs under the reference. */
  refLogprobs: ArrayLike<number>;
  /** `[B*T]`. */
  completionMask: Mask;
  /** T. */
  sequenceLength: number;
}

/**
 * The penalty for leaving the reference as part of the reward instead of the loss (k1 estimator).
 *
 *     token reward[t] = [t is the last trained token] * score - coef * (logprob[t] - refLogprob[t])
 *     sequence reward = score - coef * sum_t (logprob[t] - refLogprob[t])
 *
 * The last trained token is that of the last turn. A row without a trained token has no token reward at all.
 *
 * @param options - `coef`, the weight of the penalty, >= 0; no default.
 * @returns both forms: `tokenRewards` `[B*T]` and `sequenceRewards` `[B]`.
 * @throws {GrpoError} `shape` if the lengths do not fit, `not-finite` for a score that is `null` or NaN, or at a trained token,
 * `option` for log-probs above 0.
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
  const where = 'klInReward';
  const { coef } = readOptions<{ coef: number }>(where, options, {
    checks: { coef: nonNegative },
    required: ['coef'],
  });
  const { fields, mask, rows } = readTokenData(where, data, ['logprobs', 'refLogprobs']);
  const { rewards, logprobs, refLogprobs, sequenceLength } = fields;
  assertScores(rewards, rows, trainedRows(mask, sequenceLength));
  assertLogprobs(where, { logprobs }, { mask, layout: sequenceLength });
  assertLogprobs(where, { refLogprobs }, { mask, layout: sequenceLength });
  const tokenRewards = new Float64Array(logprobs.length);
  const sequenceRewards = Float64Array.from(rewards);
  for (let row = 0; row < rows; row++) {
    let last = -1;
    for (let i = row * sequenceLength; i < (row + 1) * sequenceLength; i++) {
      if (mask[i] === 0) continue;
      const penalty = coef * (logprobs[i]! - refLogprobs[i]!);
      tokenRewards[i] = -penalty;
      sequenceRewards[row]! -= penalty;
      last = i;
    }
    if (last >= 0) tokenRewards[last]! += rewards[row]!;
  }
  return { tokenRewards, sequenceRewards };
}

function assertScores(rewards: ArrayLike<number | null>, rows: number, trained: Uint8Array): void {
  assertLength('klInReward', { rewards }, rows);
  for (let row = 0; row < rows; row++) {
    if (rewards[row] !== null || trained[row] === 0) continue;
    throw new GrpoError(
      'not-finite',
      `klInReward: the reward of sequence ${row} is null. Leave out completions that could not be scored.`,
    );
  }
  assertFiniteTokens(
    'klInReward',
    { rewards: rewards as ArrayLike<number> },
    { mask: trained, layout: 1 },
  ); // no null is left
}
