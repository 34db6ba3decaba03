import { embedding, linear, selectRows, type Weight } from '@molrl/tensor-gpu';
import {
  concat,
  div,
  mul,
  reshape,
  softmax,
  split,
  sum,
  type Tensor,
  tensor1d,
  tensor2d,
} from '@tensorflow/tfjs-core';
import type { MoeConfig } from './qwen3Config.ts';

/** What a layer with experts is made of. */
export interface Experts {
  /** `[E, H]`. */
  router: Weight;
  moe: MoeConfig;
  /** Expert number `index` on the rows that were sent to it, `[rows, H]` to `[rows, H]`. */
  expert(index: number, rows: Tensor): Tensor;
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
  { router, moe, expert, observe }: Experts,
): { output: Tensor; probabilities: Tensor } {
  const [B, T, H] = x.shape as [number, number, number];
  const { numExperts: E, numExpertsPerTok: k } = moe;
  const N = B * T;
  const rows = reshape(x, [N, H]);
  const logits = linear(rows, router);
  observe('router_logits', logits);
  const probabilities = softmax(logits);
  const chosen = mostProbable(probabilities.dataSync<'float32'>(), E, k);
  const weights = chosenWeights(probabilities, chosen, moe);
  observe('router_weights', weights);
  observe('router_experts', tensor2d(chosen, [N, k], 'int32'));

  const { order, places, sizes } = byExpert(chosen, E);
  const sent = embedding(
    rows,
    tensor1d(
      order.map((slot) => Math.floor(slot / k)),
      'int32',
    ),
  );
  const used = [...sizes.keys()].filter((e) => sizes[e]! > 0);
  const parts = split(
    sent,
    used.map((e) => sizes[e]!),
  );
  const computed = concat(parts.map((part, i) => expert(used[i]!, part)));
  const returned = reshape(selectRows(computed, tensor1d(places, 'int32')), [N, k, H]);
  const output = sum(mul(returned, reshape(weights, [N, k, 1])), 1);
  return { output: reshape(output, [B, T, H]), probabilities };
}

/** The k most probable experts of each row, most probable first, `[N * k]`; of equal ones the first. */
export function mostProbable(probabilities: Float32Array, E: number, k: number): Int32Array {
  const N = probabilities.length / E;
  const chosen = new Int32Array(N * k);
  const experts = Array.from({ length: E }, (_, e) => e);
  for (let n = 0; n < N; n++) {
    const row = probabilities.subarray(n * E, (n + 1) * E);
    const sorted = experts.slice().sort((a, b) => row[b]! - row[a]! || a - b);
    chosen.set(sorted.slice(0, k), n * k);
  }
  return chosen;
}

/** `[N, k]`, on the tape. */
function chosenWeights(probabilities: Tensor, chosen: Int32Array, moe: MoeConfig): Tensor {
  const { numExperts: E, numExpertsPerTok: k, normTopkProb } = moe;
  const places = chosen.map((e, slot) => Math.floor(slot / k) * E + e);
  const column = reshape(probabilities, [probabilities.size, 1]);
  const picked = reshape(selectRows(column, tensor1d(places, 'int32')), [chosen.length / k, k]);
  return normTopkProb ? div(picked, sum(picked, 1, true)) : picked;
}

/** Slots (token, choice) in the order of their experts, the place of each slot in it, and slots per expert. */
function byExpert(
  chosen: Int32Array,
  E: number,
): { order: Int32Array; places: Int32Array; sizes: Int32Array } {
  const sizes = new Int32Array(E);
  for (const e of chosen) sizes[e]!++;
  const next = new Int32Array(E);
  for (let e = 1; e < E; e++) next[e] = next[e - 1]! + sizes[e - 1]!;
  const order = new Int32Array(chosen.length);
  const places = chosen.map((e, slot) => {
    const place = next[e]!++;
    order[place] = slot;
    return place;
  });
  return { order, places, sizes };
}
