import { rowsOf } from './assertTokens.ts';
import type { PolicyLossData } from './policyLossTypes.ts';

/** What the mask needs of a loss's inputs. */
export type OffPolicyMaskData = Pick<
  PolicyLossData,
  | 'logprobs'
  | 'oldLogprobs'
  | 'rolloutLogprobs'
  | 'advantages'
  | 'completionMask'
  | 'sequenceLength'
>;

/**
 * DeepSeek-V3.2's off-policy sequence mask: bad samples that the policy would hardly produce any more teach nothing.
 *
 *     keep = (A >= 0) or (mean over the sequence of (rollout - logprob) <= threshold)
 *
 * Without `rolloutLogprobs` the old log-probs stand for them; a NaN among them counts as no difference.
 *
 * @returns `[B*T]`, 1 = keep.
 * @throws {GrpoError} `shape` if the tokens are no rows of `sequenceLength`.
 *
 * @example
 * const sequences = { logprobs: [-5, -1], rolloutLogprobs: [-1, -1], advantages: [-1, -1], completionMask: [1, 1] };
 * offPolicyMask({ ...sequences, sequenceLength: 1 }, 0.5); // Uint8Array [0, 1]
 *
 * @see DeepSeek-AI 2025, DeepSeek-V3.2: https://arxiv.org/abs/2512.02556
 */
export function offPolicyMask(data: OffPolicyMaskData, threshold: number): Uint8Array {
  const { logprobs, advantages, completionMask, sequenceLength } = data;
  const sampled = data.rolloutLogprobs ?? data.oldLogprobs ?? logprobs;
  const rows = rowsOf('offPolicyMask', logprobs.length, sequenceLength);
  const keep = new Uint8Array(logprobs.length);
  for (let row = 0; row < rows; row++) {
    const [start, end] = [row * sequenceLength, (row + 1) * sequenceLength];
    let [sum, count] = [0, 0];
    for (let i = start; i < end; i++) {
      if (completionMask[i] === 0) continue;
      count++;
      const step = sampled[i]! - logprobs[i]!;
      if (!Number.isNaN(step)) sum += step;
    }
    const near = sum / (count || 1) <= threshold;
    for (let i = start; i < end; i++) {
      const advantage = advantages[advantages.length === rows ? row : i]!;
      keep[i] = near || advantage >= 0 ? 1 : 0;
    }
  }
  return keep;
}
