import {
  abs,
  add,
  div,
  exp,
  expm1,
  fill,
  greater,
  lessEqual,
  log1p,
  logSoftmax,
  matMul,
  mul,
  neg,
  oneHot,
  reshape,
  sub,
  sum,
  type Tensor,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { detach } from './detach.ts';

/** Options of `lmHead` with their defaults filled in. */
export interface LmHeadAttributes {
  temperature: number;
  entropy: boolean;
  direction: 'reverse' | 'forward';
}

/** Those of the divergence to a mixture. */
export interface LmHeadJsdAttributes {
  temperature: number;
  entropy: boolean;
  jsdBeta: number;
}

/** `[logprobs, entropy]` from primitive ops, through `[N, V]`; the kernels are checked against it. */
// biome-ignore lint/complexity/useMaxParams: operands of the op
export function lmHeadReference(
  hidden: Tensor,
  weight: Tensor,
  targets: Tensor,
  { temperature, entropy }: LmHeadAttributes,
): Tensor[] {
  const logp = logProbabilities(hidden, weight, temperature);
  const chosen = oneHot(reshape(targets, [targets.size]), weight.shape[0]!, 1, 0, 'bool');
  const logprobs = sum(where(chosen, logp, zerosLike(logp)), -1);
  return [logprobs, entropy ? neg(expectation(logp, logp)) : zerosLike(logprobs)];
}

/** `[logprobs, entropy, kl]` from primitive ops. */
// biome-ignore lint/complexity/useMaxParams: operands of the op
export function lmHeadKlReference(
  hidden: Tensor,
  weight: Tensor,
  targets: Tensor,
  refHidden: Tensor,
  refWeight: Tensor,
  attributes: LmHeadAttributes,
): Tensor[] {
  const logp = logProbabilities(hidden, weight, attributes.temperature);
  const logq = logProbabilities(detach(refHidden), detach(refWeight), attributes.temperature);
  const kl =
    attributes.direction === 'reverse'
      ? expectation(logp, detach(sub(logp, logq)))
      : forwardKl(logp, logq);
  return [...lmHeadReference(hidden, weight, targets, attributes), kl];
}

/** `[logprobs, entropy, jsd]` from primitive ops. */
// biome-ignore lint/complexity/useMaxParams: operands of the op
export function lmHeadJsdReference(
  hidden: Tensor,
  weight: Tensor,
  targets: Tensor,
  refHidden: Tensor,
  refWeight: Tensor,
  attributes: LmHeadJsdAttributes,
): Tensor[] {
  const { temperature, entropy, jsdBeta } = attributes;
  const logp = logProbabilities(hidden, weight, temperature);
  const logq = logProbabilities(detach(refHidden), detach(refWeight), temperature);
  const [own, other] = gapsToMixture(detach(logp), logq, jsdBeta);
  // What the mixture adds to the slope cancels that of p itself: the gaps are constants.
  const student = mul(expectation(logp, own), 1 - jsdBeta);
  const base = mul(expectation(logq, other), jsdBeta);
  const plain = { temperature, entropy, direction: 'reverse' } as const; // not read there
  return [...lmHeadReference(hidden, weight, targets, plain), add(student, base)];
}

/** `log p - log m` and `log q - log m` for m = (1 - beta) p + beta q, exactly 0 where p = q. */
function gapsToMixture(logp: Tensor, logq: Tensor, beta: number): [own: Tensor, other: Tensor] {
  const d = sub(logq, logp);
  const less = lessEqual(d, 0);
  const share = where(less, fill(d.shape, beta), fill(d.shape, 1 - beta));
  const l = log1p(mul(share, expm1(neg(abs(d)))));
  return [where(less, neg(l), sub(neg(d), l)), where(less, sub(d, l), neg(l))];
}

/**
 * `sum_v q (log q - log p)`, with a gradient that is exactly 0 where p = q, so that an optimiser which divides by the
 * gradient's size has no rounding to blow up: `sum_v p d(log p) = 0` is added to `-sum_v q d(log p)`. The reverse KL gets
 * the same by detaching the log ratio.
 */
function forwardKl(logp: Tensor, logq: Tensor): Tensor {
  const value = detach(expectation(logq, sub(logq, logp)));
  const slope = detach(sub(exp(logp), exp(logq)));
  const pull = sum(mul(slope, logp), -1);
  return add(value, sub(pull, detach(pull)));
}

function logProbabilities(hidden: Tensor, weight: Tensor, temperature: number): Tensor {
  return logSoftmax(div(matMul(hidden, weight, false, true), temperature));
}

/** `sum_v exp(logp) * values`; a token of probability 0 adds nothing, even if its value is infinite. */
function expectation(logp: Tensor, values: Tensor): Tensor {
  const p = exp(logp);
  return sum(where(greater(p, 0), mul(p, values), zerosLike(p)), -1);
}
