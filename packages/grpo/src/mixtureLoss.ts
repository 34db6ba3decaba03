import { assertLength } from './assertTokens.ts';
import type {
  PolicyLoss,
  PolicyLossData,
  PolicyLossOptions,
  PolicyLossResult,
} from './policyLossTypes.ts';

/** One term of a mixture: a loss, on which tokens, and what its sum is divided by. */
export interface MixtureComponent {
  /** One of `policyLosses`, or your own. */
  loss: PolicyLoss;
  /** `[B*T]`, this component's weight of each token; a token with 0 takes no part. Default 1. */
  weights?: ArrayLike<number> | undefined;
  /** Take tokens with a weight that are outside `completionMask` too (feedback tokens, say). Default false. */
  ignoreCompletionMask?: boolean | undefined;
  /** The sum of the component is divided by this. Default: its number of tokens. Pass the whole batch's for micro-batches. */
  normalizer?: number | undefined;
  /** Factor of the component. Default 1. */
  scale?: number | undefined;
  /** Options of its loss; the reduction is a token sum. */
  options?: PolicyLossOptions | undefined;
}

export interface MixtureLossResult extends Omit<PolicyLossResult, 'ratio'> {
  /** Share of each component in the loss. */
  parts: Record<string, number>;
}

/**
 * Several losses on one batch, each with its own per-token weights and its own normaliser, in one step:
 * a policy gradient, cross-entropy on feedback tokens, KL to the base.
 *
 *     L = sum_c scale_c / normalizer_c * sum_t weights_c[t] * loss_c[t]
 *
 * @returns loss, gradient with respect to the log-probs (and `klGradient` if a component uses `klValues`), `parts`;
 * metrics of every component under `<component>/`.
 * @throws {GrpoError} as the components.
 *
 * @example
 * const data = { logprobs: [-1, -2], advantages: [1], completionMask: [1, 0], sequenceLength: 2 };
 * const { loss, gradient } = mixtureLoss(data, {
 *   rl: { loss: dapoLoss },
 *   ce: { loss: crossEntropyLoss, weights: [0, 0.5], ignoreCompletionMask: true },
 * });
 * loss; // 0
 * gradient; // Float64Array [-1, -0.5]
 */
export function mixtureLoss(
  data: PolicyLossData,
  components: Record<string, MixtureComponent>,
): MixtureLossResult {
  const size = data.logprobs.length;
  const gradient = new Float64Array(size);
  const perTokenLoss = new Float64Array(size);
  const klGradient = new Float64Array(size);
  const entropyGradient = new Float64Array(size);
  const parts: Record<string, number> = {};
  const metrics: Record<string, number> = {};
  let loss = 0;
  for (const [name, component] of Object.entries(components)) {
    const { weights, ignoreCompletionMask = false, scale = 1, options } = component;
    if (weights) assertLength('mixtureLoss', `weights of '${name}'`, weights, size);
    const mask = Float64Array.from(data.completionMask, (keep, i) =>
      (ignoreCompletionMask || keep !== 0) && (weights?.[i] ?? 1) !== 0 ? 1 : 0,
    );
    const tokens = mask.reduce((sum, keep) => sum + keep, 0);
    const factor = scale / (component.normalizer ?? (tokens || 1));
    const result = component.loss(
      { ...data, completionMask: mask, tokenWeights: weights },
      { ...options, reduction: 'token-sum' },
    );
    parts[name] = result.loss * factor;
    loss += parts[name];
    for (const [key, value] of Object.entries(result.metrics)) metrics[`${name}/${key}`] = value;
    for (let i = 0; i < size; i++) {
      gradient[i]! += factor * result.gradient[i]!;
      perTokenLoss[i]! += factor * result.perTokenLoss[i]!;
      klGradient[i]! += factor * (result.klGradient?.[i] ?? 0);
      entropyGradient[i]! += factor * (result.entropyGradient?.[i] ?? 0);
    }
  }
  return { loss, gradient, perTokenLoss, klGradient, entropyGradient, parts, metrics };
}
