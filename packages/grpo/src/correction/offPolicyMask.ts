import {
  assertFiniteTokens,
  assertLength,
  assertLogprobs,
  assertRolloutLogprobs,
  rowsOf,
} from '../base/assertTokens.ts';
import { bound } from '../base/checks.ts';
import { onTokens } from '../base/onTokens.ts';
import { REQUIRED, readPolicyFields } from '../base/policyFields.ts';
import type { PolicyLossData } from '../base/policyLossData.ts';
import { readMask } from '../base/readMask.ts';
import { onGrid, type TargetAligned } from '../base/targetAligned.ts';

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
 * Without `rolloutLogprobs` the old log-probs stand for them; a NaN of the sampler counts as no difference.
 *
 * @returns `[B*T]`, 1 = keep.
 * @throws {GrpoError} `shape` if the tokens are no rows of `sequenceLength`; `missing`, `option`, `not-finite`.
 *
 * @example
 * const sequences = { logprobs: [-5, -1], rolloutLogprobs: [-1, -1], advantages: [-1, -1], completionMask: [1, 1] };
 * offPolicyMask({ ...sequences, sequenceLength: 1 }, 0.5); // Uint8Array [0, 1]
 *
 * @see DeepSeek-AI 2025, DeepSeek-V3.2: https://arxiv.org/abs/2512.02556
 */
export function offPolicyMask(
  data: OffPolicyMaskData | TargetAligned<OffPolicyMaskData>,
  threshold: number,
): Uint8Array {
  const run = (grid: OffPolicyMaskData) => ({ mask: maskOfGrid(grid, threshold) });
  return onGrid('offPolicyMask', data, run, ['mask']).mask;
}

function maskOfGrid(given: OffPolicyMaskData, threshold: number): Uint8Array {
  const where = 'offPolicyMask';
  bound(where, 'threshold', threshold);
  const data: OffPolicyMaskData = readPolicyFields(where, given, REQUIRED);
  const { logprobs, sequenceLength } = data;
  assertLength(where, 'logprobs', logprobs);
  const size = logprobs.length;
  const rows = rowsOf(where, size, sequenceLength);
  const mask = readMask(where, 'completionMask', data.completionMask, size, sequenceLength);
  assertLogprobs(where, 'logprobs', logprobs, mask, sequenceLength);
  const { rolloutLogprobs, oldLogprobs = logprobs } = data;
  const sampled = rolloutLogprobs ?? oldLogprobs;
  assertLength(where, rolloutLogprobs ? 'rolloutLogprobs' : 'oldLogprobs', sampled, size);
  if (rolloutLogprobs) assertRolloutLogprobs(where, rolloutLogprobs, mask, sequenceLength);
  else assertLogprobs(where, 'oldLogprobs', oldLogprobs, mask, sequenceLength);
  const layout = { name: where, rows, sequenceLength };
  const advantages = onTokens(layout, 'advantages', data.advantages);
  assertFiniteTokens(where, 'advantages', advantages, mask, sequenceLength);
  const keep = new Uint8Array(size);
  for (let row = 0; row < rows; row++) {
    const [start, end] = [row * sequenceLength, (row + 1) * sequenceLength];
    let [sum, count] = [0, 0];
    for (let i = start; i < end; i++) {
      if (mask[i] === 0) continue;
      count++;
      const step = sampled[i]! - logprobs[i]!;
      if (!Number.isNaN(step)) sum += step;
    }
    const near = sum / (count || 1) <= threshold;
    for (let i = start; i < end; i++) keep[i] = near || advantages[i]! >= 0 ? 1 : 0;
  }
  return keep;
}
