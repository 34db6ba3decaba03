import { assertLength, assertRolloutLogprobs } from '../base/assertTokens.ts';
import { bound } from '../base/checks.ts';
import { onRows } from '../base/onRows.ts';
import { onTokens } from '../base/onTokens.ts';
import { REQUIRED } from '../base/policyFields.ts';
import type { PolicyLossData } from '../base/policyLossData.ts';
import { readColumn } from '../base/readColumn.ts';
import type { TargetAligned } from '../base/targetAligned.ts';
import type { TokenRows } from '../base/tokenRows.ts';

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
  bound(WHERE, 'threshold', threshold);
  const run = (fields: OffPolicyMaskData, tokens: TokenRows) => ({
    keep: maskOfRows({ fields, tokens }, threshold),
  });
  return onRows<OffPolicyMaskData, { keep: Uint8Array }>(data, {
    where: WHERE,
    required: REQUIRED,
    perToken: ['keep'],
    run,
  }).keep;
}

const WHERE = 'offPolicyMask';

function maskOfRows(
  { fields, tokens }: { fields: OffPolicyMaskData; tokens: TokenRows },
  threshold: number,
): Uint8Array {
  const { mask, rows, starts, trained, trainedStarts } = tokens;
  const column = (name: string, values: ArrayLike<number>) =>
    readColumn(WHERE, { name, values, kind: 'logprob' }, tokens);
  const logprobs = column('logprobs', fields.logprobs);
  const { rolloutLogprobs, oldLogprobs = fields.logprobs } = fields;
  if (rolloutLogprobs) {
    assertLength(WHERE, { rolloutLogprobs }, mask.length);
    assertRolloutLogprobs(WHERE, { rolloutLogprobs }, { mask, layout: starts });
  }
  const sampled = rolloutLogprobs ?? column('oldLogprobs', oldLogprobs);
  const advantages = onTokens(WHERE, { name: 'advantages', values: fields.advantages }, tokens);
  readColumn(WHERE, { name: 'advantages', values: advantages, kind: 'number' }, tokens);
  const keep = new Uint8Array(mask.length);
  for (let row = 0; row < rows; row++) {
    const [from, to] = [trainedStarts[row]!, trainedStarts[row + 1]!];
    let sum = 0;
    for (let k = from; k < to; k++) {
      const i = trained[k]!;
      const step = sampled[i]! - logprobs[i]!;
      if (!Number.isNaN(step)) sum += step;
    }
    const near = sum / (to - from || 1) <= threshold;
    for (let i = starts[row]!; i < starts[row + 1]!; i++) {
      keep[i] = near || advantages[i]! >= 0 ? 1 : 0;
    }
  }
  return keep;
}
