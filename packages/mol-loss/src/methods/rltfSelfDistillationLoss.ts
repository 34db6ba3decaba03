import { assertNumber } from '../base/assertNumber.ts';
import { assertList, assertPerToken, readFields } from '../base/readFields.ts';
import { finiteAt } from './finiteAt.ts';
import type { TermResult } from './termResult.ts';

export interface RltfSelfDistillationData {
  /** `[N]`, log-probs of the second attempts' tokens under the **first** prompt, as if no feedback had been given. */
  logprobs: ArrayLike<number>;
  /** `[N]`, the same at the first update on this batch. Default: this is that update, the ratio is 1. */
  oldLogprobs?: ArrayLike<number> | undefined;
  /** `[N]`, which second attempt each token is of. */
  sequenceIds: ArrayLike<number>;
  /** Of each second attempt: its reward minus the mean reward of its group's **first** attempts. */
  advantages: ArrayLike<number>;
}

export interface RltfSelfDistillationOptions {
  /** Default 0.1; the authors raise it from 0 for maths. */
  weight?: number | undefined;
  /** Tokens less likely than this under the first prompt are left out, nats. Default -5. */
  minLogprob?: number | undefined;
  /** What the policy loss of the same step divides its sum by. Default 1: both are sums, as in the authors' code. */
  total?: number | undefined;
}

/**
 * RLTF-SD: what was written after the feedback is trained as if it had been written without it.
 *
 *     L = L_RL - weight * sum A exp(log p - log old) / total      A = r1 - mean over the group of r0,  log p of y1 under x0
 *
 * The baseline is the first turn's mean: with the second turn's the method collapses (the authors' ablation). There is no
 * ratio to the policy that sampled: `old` is the policy under x0 itself.
 *
 * @throws {MolLossError} `shape`, `missing`, `option`, `unknown-name`, `not-finite`.
 *
 * @example
 * const data = { logprobs: [-1, -7], sequenceIds: [0, 0], advantages: [0.5] };
 * const { gradient } = rltfSelfDistillationLoss(data); // the second token is too unlikely
 * gradient; // Float64Array [-0.05, 0]
 *
 * @see RL from Text Feedback, 2026: https://arxiv.org/abs/2602.02482
 */
export function rltfSelfDistillationLoss(
  data: RltfSelfDistillationData,
  options: RltfSelfDistillationOptions = {},
): TermResult {
  const where = 'rltfSelfDistillationLoss';
  const names = { weight: true, minLogprob: true, total: true } as const;
  const { weight = 0.1, minLogprob = -5, total = 1 } = readFields(where, options, { known: names });
  assertNumber(`${where}: weight`, weight, { min: 0 });
  assertNumber(`${where}: minLogprob`, minLogprob, { max: 0 });
  assertNumber(`${where}: total`, total, { above: 0 });
  const { logprobs, oldLogprobs, sequenceIds, advantages } = readFields(where, data, {
    what: 'field',
    known: {
      ...{ logprobs: true, oldLogprobs: true, sequenceIds: true, advantages: true },
    },
  });
  assertList(where, 'logprobs', logprobs);
  assertList(where, 'advantages', advantages);
  assertPerToken(where, { sequenceIds }, logprobs.length);
  if (oldLogprobs !== undefined) assertPerToken(where, { oldLogprobs }, logprobs.length);
  const gradient = new Float64Array(logprobs.length);
  let [loss, dropped] = [0, 0];
  for (let i = 0; i < logprobs.length; i++) {
    const logprob = finiteAt({ where, name: 'logprobs' }, logprobs, i);
    const old = oldLogprobs ? finiteAt({ where, name: 'oldLogprobs' }, oldLogprobs, i) : logprob;
    if (old < minLogprob) {
      dropped += 1;
      continue;
    }
    const advantage = finiteAt({ where, name: 'advantages' }, advantages, sequenceIds[i]!);
    const term = (weight * advantage * Math.exp(logprob - old)) / total;
    loss -= term;
    gradient[i] = -term;
  }
  const metrics = { 'rltf/dropped_fraction': dropped / Math.max(1, logprobs.length) };
  return { loss, gradient, metrics };
}
