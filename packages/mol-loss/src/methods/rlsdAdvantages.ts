import { assertNumber } from '../base/assertNumber.ts';
import { assertList, assertPerToken, readFields } from '../base/readFields.ts';
import { finiteAt } from './finiteAt.ts';

export interface RlsdData {
  /** `[N]`, GRPO's advantage of each token. */
  advantages: ArrayLike<number>;
  /** `[N]`, of the sampled tokens, when they were sampled. */
  oldLogprobs: ArrayLike<number>;
  /** `[N]`, of the same tokens, by the teacher; where it has nothing to say, give `oldLogprobs`: the weight is 1. */
  teacherLogprobs: ArrayLike<number>;
}

export interface RlsdOptions {
  /** Half-width of the clip around 1. Default 0.2. */
  clip?: number | undefined;
  /** Share of the reweighted advantage, the rest is GRPO's own; see `rlsdShare`. No default: it changes with the step. */
  share: number;
}

/**
 * RLSD: the teacher says how much each token deserves of its attempt's advantage, never whether it is good or bad.
 *
 *     A' = A ((1 - share) + share clip(exp(sign(A) (log t - log old)), 1 - clip, 1 + clip))
 *
 * @returns `[N]`, advantages for a policy loss that takes one per token.
 * @throws {MolLossError} `shape`, `missing`, `option`, `unknown-name`, `not-finite`.
 *
 * @example
 * const data = { advantages: [1, -1], oldLogprobs: [-1, -1], teacherLogprobs: [-0.5, -0.5] };
 * rlsdAdvantages(data, { share: 1 }); // Float64Array [1.2, -0.8]
 *
 * @see https://arxiv.org/abs/2604.03128
 */
export function rlsdAdvantages(data: RlsdData, options: RlsdOptions): Float64Array {
  const where = 'rlsdAdvantages';
  const { clip = 0.2, share } = readFields(where, options, { known: { clip: true, share: true } });
  assertNumber(`${where}: clip`, clip, { min: 0, max: 1 });
  assertNumber(`${where}: share`, share, { min: 0, max: 1 });
  const { advantages, oldLogprobs, teacherLogprobs } = readFields(where, data, {
    what: 'field',
    known: {
      ...{ advantages: true, oldLogprobs: true, teacherLogprobs: true },
    },
  });
  assertList(where, 'advantages', advantages);
  assertPerToken(where, { oldLogprobs }, advantages.length);
  assertPerToken(where, { teacherLogprobs }, advantages.length);
  return Float64Array.from(advantages, (_, i) => {
    const advantage = finiteAt({ where, name: 'advantages' }, advantages, i);
    const gap =
      finiteAt({ where, name: 'teacherLogprobs' }, teacherLogprobs, i) -
      finiteAt({ where, name: 'oldLogprobs' }, oldLogprobs, i);
    const weight = Math.exp(Math.sign(advantage) * gap);
    const clipped = Math.min(1 + clip, Math.max(1 - clip, weight));
    return advantage * (1 - share + share * clipped);
  });
}

/**
 * The authors' schedule of `share`: from 0.5 linearly to 0 over 50 steps.
 *
 * @example
 * rlsdShare(25); // 0.25
 */
export function rlsdShare(step: number): number {
  assertNumber('rlsdShare: step', step, { min: 0 });
  return 0.5 * Math.max(0, 1 - step / 50);
}
