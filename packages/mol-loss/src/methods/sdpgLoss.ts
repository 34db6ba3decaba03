import { assertNumber, show } from '../base/assertNumber.ts';
import { MolLossError } from '../base/errors.ts';
import { assertList, assertPerToken, readFields } from '../base/readFields.ts';
import { finiteAt } from './finiteAt.ts';

export interface SdpgData {
  /** `[N]`, exact KL(student || teacher) over the vocabulary; the teacher is the student after more context. */
  kl: ArrayLike<number>;
  /** `[N]`, of the sampled tokens, under the student and the reference. */
  logprobs: ArrayLike<number>;
  refLogprobs: ArrayLike<number>;
  /** `[N]`, of each token's attempt; read with `onlyPositive`. */
  advantages?: ArrayLike<number> | undefined;
  /** `[N]`, 0 where there is no teacher: no pull to it. Default: everywhere. */
  teacherMask?: ArrayLike<number> | undefined;
}

export interface SdpgOptions {
  /** Of the KL to the teacher. Default 1e-3. */
  beta?: number | undefined;
  /** Of the pull to the reference. Default 1e-3. */
  alpha?: number | undefined;
  /** The teacher teaches only where the advantage is above 0. Default false. */
  onlyPositive?: boolean | undefined;
  /** Tokens of the whole batch, when this call sees a part of it. Default: this call's own. */
  total?: number | undefined;
}

export interface SdpgResult {
  loss: number;
  /** `[N]`, d loss / d kl and d loss / d logprobs. */
  klGradient: Float64Array;
  gradient: Float64Array;
  metrics: Record<string, number>;
}

/**
 * SDPG's two terms beside dual-clip GRPO (`ppoLoss` of `@molrl/grpo`).
 *
 *     L = L_GRPO + mean over tokens of  beta KL(pi(.|x) || pi(.|c, x)) + alpha / 2 (log pi - log ref)^2
 *
 * The second is the authors' mode `urkl`. All tokens are in the denominator, whether they have a teacher or not. For a
 * warm-up and a decay give `beta` step by step (`alphaSchedule`).
 *
 * @throws {MolLossError} `shape`, `missing`, `option`, `unknown-name`, `not-finite`.
 *
 * @example
 * const data = { kl: [2, 4], logprobs: [-1, -1], refLogprobs: [-1, -3] };
 * const { loss, klGradient, gradient } = sdpgLoss(data, { beta: 0.1, alpha: 0.1 });
 * loss; // 0.4
 * klGradient; // Float64Array [0.05, 0.05]
 * gradient; // Float64Array [0, 0.1]
 *
 * @see https://arxiv.org/abs/2606.04036
 */
export function sdpgLoss(data: SdpgData, options: SdpgOptions = {}): SdpgResult {
  const where = 'sdpgLoss';
  const names = { beta: true, alpha: true, onlyPositive: true, total: true } as const;
  const given = readFields(where, options, { known: names });
  const { beta = 1e-3, alpha = 1e-3, onlyPositive = false, total } = given;
  assertNumber(`${where}: beta`, beta, { min: 0 });
  assertNumber(`${where}: alpha`, alpha, { min: 0 });
  if (total !== undefined) assertNumber(`${where}: total`, total, { above: 0 });
  const { kl, logprobs, refLogprobs, advantages, teacherMask } = readData(where, data);
  if (onlyPositive && advantages === undefined) {
    throw new MolLossError(
      'missing',
      `${where}: onlyPositive needs advantages, got ${show(advantages)}.`,
    );
  }
  const tokens = total ?? Math.max(1, kl.length);
  const klGradient = new Float64Array(kl.length);
  const gradient = new Float64Array(kl.length);
  let [loss, pulled] = [0, 0];
  for (let i = 0; i < kl.length; i++) {
    const taught = teacherMask?.[i] !== 0 && !(onlyPositive && !(advantages![i]! > 0)); // given: checked above
    if (taught) {
      klGradient[i] = beta / tokens;
      const divergence = finiteAt({ where, name: 'kl' }, kl, i);
      loss += klGradient[i]! * divergence;
      pulled += divergence / kl.length;
    }
    const gap =
      finiteAt({ where, name: 'logprobs' }, logprobs, i) -
      finiteAt({ where, name: 'refLogprobs' }, refLogprobs, i);
    loss += ((alpha / 2) * gap ** 2) / tokens;
    gradient[i] = (alpha * gap) / tokens;
  }
  return { loss, klGradient, gradient, metrics: { 'sdpg/teacher_kl': pulled } };
}

function readData(where: string, data: SdpgData): SdpgData {
  const fields = readFields(where, data, {
    what: 'field',
    known: {
      ...{ kl: true, logprobs: true, refLogprobs: true, advantages: true, teacherMask: true },
    },
  });
  const { kl, logprobs, refLogprobs, advantages, teacherMask } = fields;
  assertList(where, 'kl', kl);
  const lists = {
    logprobs,
    refLogprobs,
    ...(advantages && { advantages }),
    ...(teacherMask && { teacherMask }),
  };
  for (const [name, values] of Object.entries(lists))
    assertPerToken(where, { [name]: values }, kl.length);
  return fields;
}
