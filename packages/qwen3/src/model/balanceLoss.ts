import {
  add,
  cast,
  greaterEqual,
  mul,
  reshape,
  scalar,
  sum,
  type Tensor,
  tensor1d,
  zeros,
} from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { mostProbable } from './mixtureOfExperts.ts';
import type { Qwen3Config } from './qwen3Config.ts';

/** Collects the routers of a forward pass. */
export interface BalanceLoss {
  /** @param probabilities - `[B * T, E]` of one layer. */
  add(probabilities: Tensor): void;
  /** A scalar on the tape. */
  loss(): Tensor;
}

/**
 * The load-balancing loss of a mixture of experts, as transformers computes it: layers pooled, padding left out.
 *
 *     L = E * sum over experts of  (times e was chosen / rows) * (mean probability of e)
 *
 * `rows` = tokens * layers with experts; choices are not divided by k, so perfect balance gives k. The gradient flows
 * through the mean probability alone.
 *
 * @throws {Qwen3Error} `option` for a model without experts.
 * @see Fedus et al. 2021, Switch Transformers (4, 5, 6): https://arxiv.org/abs/2101.03961
 */
export function balanceLoss({ moe }: Qwen3Config, segmentIds: Tensor): BalanceLoss {
  if (!moe) {
    throw new Qwen3Error(
      'option',
      'Qwen3.forward: onBalanceLoss needs a model with experts (modelType qwen3_moe), this one is dense.',
    );
  }
  const { numExperts: E, numExpertsPerTok: k } = moe;
  const segments = segmentIds.dataSync<'int32'>();
  const mask = cast(greaterEqual(reshape(segmentIds, [segments.length, 1]), 0), 'float32');
  const counts = new Float32Array(E);
  let total: Tensor = zeros([E]);
  let rows = 0;
  return {
    add(probabilities) {
      const chosen = mostProbable(probabilities.dataSync<'float32'>(), E, k);
      for (const [slot, e] of chosen.entries()) {
        if (segments[Math.floor(slot / k)]! >= 0) counts[e]!++;
      }
      rows += segments.filter((segment) => segment >= 0).length;
      total = add(total, sum(mul(probabilities, mask), 0));
    },
    loss: () => mul(sum(mul(total, tensor1d(counts))), scalar(E / rows ** 2)),
  };
}
