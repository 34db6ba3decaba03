import {
  type ExpertRoute,
  embedding,
  linear,
  readsAtOnce,
  routeExperts,
  selectRows,
  type Weight,
} from '@molrl/tensor-gpu';
import { concat, div, mul, reshape, softmax, split, sum, type Tensor } from '@tensorflow/tfjs-core';
import type { MoeConfig } from './qwen3Config.ts';

/** What a layer with experts is made of. */
export interface Experts {
  /** `[E, H]`. */
  router: Weight;
  moe: MoeConfig;
  /** Expert number `index` on the rows that were sent to it, `[rows, H]` to `[rows, H]`. */
  expert(index: number, rows: Tensor): Tensor;
  /** The same of all experts, for devices that keep to themselves how many rows each has: `[N k, H]` to `[N k, H]`. */
  together(rows: Tensor, route: ExpertRoute): Tensor;
  /** Shows inner values by name. */
  observe(name: string, value: Tensor): void;
}

/**
 * A mixture of experts: each token goes through the k experts its router finds most probable.
 *
 *     p = softmax(x router^T)    y[n] = sum over the k largest p[n, e] of  w[n, e] expert_e(x[n])
 *     w = p, or p over the sum of the k (`normTopkProb`)
 *
 * Each expert computes its own tokens only. Gradients flow through `w`; which experts are chosen has none.
 *
 * @param x - `[B, T, H]`.
 * @returns `[B, T, H]`, and the router's probabilities `[B * T, E]`.
 * @see Shazeer et al. 2017, Outrageously Large Neural Networks: https://arxiv.org/abs/1701.06538
 */
export function mixtureOfExperts(
  x: Tensor,
  experts: Experts,
): { output: Tensor; probabilities: Tensor } {
  const { router, moe, observe } = experts;
  const [B, T, H] = x.shape as [number, number, number];
  const k = moe.numExpertsPerTok;
  const N = B * T;
  const rows = reshape(x, [N, H]);
  const logits = linear(rows, router);
  observe('router_logits', logits);
  const probabilities = softmax(logits);
  const route = routeExperts(probabilities, k);
  const weights = chosenWeights(probabilities, route, moe);
  observe('router_weights', weights);
  observe('router_experts', route.chosen);

  const sent = embedding(rows, route.tokens);
  const computed = readsAtOnce() ? oneByOne(sent, route, experts) : experts.together(sent, route);
  const returned = reshape(selectRows(computed, route.places), [N, k, H]);
  const output = sum(mul(returned, reshape(weights, [N, k, 1])), 1);
  return { output: reshape(output, [B, T, H]), probabilities };
}

/** Each expert that has rows, on its own. */
function oneByOne(sent: Tensor, { offsets }: ExpertRoute, { expert }: Experts): Tensor {
  const begins = offsets.dataSync<'int32'>();
  const sizes = Array.from(begins.subarray(1), (end, e) => end - begins[e]!);
  const used = [...sizes.keys()].filter((e) => sizes[e]! > 0);
  const parts = split(
    sent,
    used.map((e) => sizes[e]!),
  );
  return concat(parts.map((part, i) => expert(used[i]!, part)));
}

/** `[N, k]`, on the tape. */
function chosenWeights(probabilities: Tensor, { picks }: ExpertRoute, moe: MoeConfig): Tensor {
  const { numExpertsPerTok: k, normTopkProb } = moe;
  const column = reshape(probabilities, [probabilities.size, 1]);
  const picked = reshape(selectRows(column, picks), [picks.size / k, k]);
  return normTopkProb ? div(picked, sum(picked, 1, true)) : picked;
}
