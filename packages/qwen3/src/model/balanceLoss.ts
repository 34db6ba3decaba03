import { routeExperts } from '@molrl/tensor-gpu';
import {
  add,
  cast,
  div,
  equal,
  greaterEqual,
  mul,
  range,
  reshape,
  square,
  sum,
  type Tensor,
  zeros,
} from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
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
  const tokens = segmentIds.size;
  const mask = cast(greaterEqual(reshape(segmentIds, [tokens, 1]), 0), 'float32');
  const experts = range(0, E, 1, 'int32');
  let counts: Tensor = zeros([E]);
  let total: Tensor = zeros([E]);
  let layers = 0;
  return {
    add(probabilities) {
      const { chosen } = routeExperts(probabilities, k);
      const isChosen = cast(equal(reshape(chosen, [tokens, k, 1]), experts), 'float32');
      counts = add(counts, sum(mul(sum(isChosen, 1), mask), 0));
      total = add(total, sum(mul(probabilities, mask), 0));
      layers++;
    },
    loss() {
      const rows = mul(sum(mask), layers);
      return mul(sum(mul(total, counts)), div(E, square(rows)));
    },
  };
}
