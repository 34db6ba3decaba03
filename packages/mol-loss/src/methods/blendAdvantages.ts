import { assertNumber } from '../base/assertNumber.ts';
import { assertList, assertPerToken, readFields } from '../base/readFields.ts';
import { finiteAt } from './finiteAt.ts';

export interface BlendData {
  /** `[N]`, GRPO's advantage of each token. */
  advantages: ArrayLike<number>;
  /** `[N]`, of the sampled tokens, by the student and the teacher. */
  logprobs: ArrayLike<number>;
  teacherLogprobs: ArrayLike<number>;
  /** `[N]`, 0 where there is no teacher: its part is 0 there. Default: everywhere. */
  teacherMask?: ArrayLike<number> | undefined;
}

export interface BlendOptions {
  /** Share of GRPO's advantage, 0 to 1. No default: at 0 it is sampled-token SDPO, at 1 GRPO. */
  lambda: number;
}

/**
 * GRPO's advantage blended with that of distillation on sampled tokens, for models too small for SDPO alone.
 *
 *     A' = lambda A + (1 - lambda) (log t - log s)
 *
 * @returns `[N]`, advantages for a policy loss that takes one per token.
 * @throws {MolLossError} `shape`, `missing`, `option`, `unknown-name`, `not-finite`.
 *
 * @example
 * const data = { advantages: [1], logprobs: [-2], teacherLogprobs: [-1.5] };
 * blendAdvantages(data, { lambda: 0.5 }); // Float64Array [0.75]
 *
 * @see https://arxiv.org/abs/2601.20802, and why it is needed below 3 B parameters: rl-llm-wiki discussion 363
 */
export function blendAdvantages(data: BlendData, options: BlendOptions): Float64Array {
  const where = 'blendAdvantages';
  const { lambda } = readFields(where, options, { known: { lambda: true } });
  assertNumber(`${where}: lambda`, lambda, { min: 0, max: 1 });
  const { advantages, logprobs, teacherLogprobs, teacherMask } = readFields(where, data, {
    what: 'field',
    known: {
      ...{ advantages: true, logprobs: true, teacherLogprobs: true, teacherMask: true },
    },
  });
  assertList(where, 'advantages', advantages);
  assertPerToken(where, { logprobs }, advantages.length);
  assertPerToken(where, { teacherLogprobs }, advantages.length);
  if (teacherMask !== undefined) assertPerToken(where, { teacherMask }, advantages.length);
  return Float64Array.from(advantages, (_, i) => {
    const own = lambda * finiteAt({ where, name: 'advantages' }, advantages, i);
    if (teacherMask?.[i] === 0) return own;
    const gap =
      finiteAt({ where, name: 'teacherLogprobs' }, teacherLogprobs, i) -
      finiteAt({ where, name: 'logprobs' }, logprobs, i);
    return own + (1 - lambda) * gap;
  });
}
