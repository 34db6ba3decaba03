import { assertNumber } from '../base/assertNumber.ts';
import { assertList, readFields } from '../base/readFields.ts';
import { finiteAt } from './finiteAt.ts';

export interface UnlikelyTokenOptions {
  /** Tokens less likely than this when they were sampled are pushed down. Default 0.1: ours. */
  maxProbability?: number | undefined;
  /** What they get. Default -1: ours. */
  advantage?: number | undefined;
}

/**
 * The control that a teacher must beat: a fixed negative advantage on tokens that the student itself found unlikely, and
 * 0 elsewhere. No teacher, no feedback, no reward: whatever it gains is sharpening.
 *
 *     A = advantage where exp(log old) < maxProbability, else 0
 *
 * @param oldLogprobs - `[N]`, of the sampled tokens, when they were sampled.
 * @returns `[N]`, advantages for a policy loss that takes one per token.
 * @throws {MolLossError} `missing`, `option`, `unknown-name`, `not-finite`.
 *
 * @example
 * unlikelyTokenAdvantages([-3, -0.1]); // Float64Array [-1, 0]
 *
 * @see https://arxiv.org/abs/2608.31046, where such an advantage matches on-policy distillation
 */
export function unlikelyTokenAdvantages(
  oldLogprobs: ArrayLike<number>,
  options: UnlikelyTokenOptions = {},
): Float64Array {
  const where = 'unlikelyTokenAdvantages';
  const names = { maxProbability: true, advantage: true } as const;
  const { maxProbability = 0.1, advantage = -1 } = readFields(where, options, { known: names });
  assertNumber(`${where}: maxProbability`, maxProbability, { above: 0, max: 1 });
  assertNumber(`${where}: advantage`, advantage, { max: 0 });
  assertList(where, 'oldLogprobs', oldLogprobs);
  const bound = Math.log(maxProbability);
  return Float64Array.from(oldLogprobs, (_, i) =>
    finiteAt({ where, name: 'oldLogprobs' }, oldLogprobs, i) < bound ? advantage : 0,
  );
}
