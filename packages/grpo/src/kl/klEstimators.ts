import { positiveOrInfinite } from '../base/checks.ts';
import type { Convention } from '../base/convention.ts';
import { readOptions } from '../base/readOptions.ts';

/** What one token contributes: the estimate and its derivative with respect to the log-prob being trained. */
export interface KlTerm {
  value: number;
  gradient: number;
}

/** An estimate of KL(policy || ref) from one sampled token. */
export type KlEstimator = (logprob: number, refLogprob: number) => KlTerm;

const k1: KlEstimator = (logprob, ref) => ({ value: logprob - ref, gradient: 1 });

const k2: KlEstimator = (logprob, ref) => ({
  value: 0.5 * (logprob - ref) ** 2,
  gradient: logprob - ref,
});

const abs: KlEstimator = (logprob, ref) => ({
  value: Math.abs(logprob - ref),
  gradient: Math.sign(logprob - ref),
});

const k3: KlEstimator = (logprob, ref) => {
  const rise = Math.expm1(ref - logprob); // exp(x) - 1 without cancellation near 0
  return { value: rise - (ref - logprob), gradient: -rise };
};

/**
 * k3 within bounds: |log ratio| is held to `ratio` before exp, the estimate to `value`. Outside there is no gradient.
 *
 * @example
 * boundedK3(VERL_KL_BOUNDS)(-9, -1); // { value: 10, gradient: 0 }
 */
export function boundedK3(bounds: { ratio: number; value: number }): KlEstimator {
  const checks = { ratio: positiveOrInfinite, value: positiveOrInfinite };
  readOptions('boundedK3', bounds, { checks, required: ['ratio', 'value'] });
  return (logprob, ref) => {
    const held = Math.min(bounds.ratio, Math.max(-bounds.ratio, ref - logprob));
    const term = k3(-held, 0);
    if (term.value > bounds.value) return { value: bounds.value, gradient: 0 };
    return { value: term.value, gradient: held === ref - logprob ? term.gradient : 0 };
  };
}

/** verl's guard for k3: log ratio within 20, estimate within 10. */
export const VERL_KL_BOUNDS = { ratio: 20, value: 10 } as const;

/** Value of the estimator, gradient of k2, which is unbiased for the gradient of the KL ("straight-through"). */
const plus = (estimator: KlEstimator): KlEstimator => {
  return (logprob, ref) => ({
    value: estimator(logprob, ref).value,
    gradient: logprob - ref,
  });
};

/**
 * Estimators of the KL to the reference from a sampled token, d = logprob - ref:
 *
 *     k1 = d      k2 = d^2 / 2      k3 = exp(-d) + d - 1      abs = |d|
 *
 * k1 is unbiased and can be negative, k3 is unbiased and never negative, k2 is biased but its gradient is the right one.
 * A name with `+` has the value of that estimator and the gradient of k2. They are bare formulas, called once per token: the
 * losses check what goes in, and a NaN that you give comes out.
 *
 * @example
 * klEstimators.k3(-1, -2); // { value: 0.3679, gradient: 0.6321 }
 *
 * @see Schulman 2020, Approximating KL Divergence: http://joschu.net/blog/kl-approx.html
 */
export const klEstimators: Record<KlEstimatorName, KlEstimator> = {
  k1,
  k2,
  k3,
  abs,
  'k1+': /* @__PURE__ */ plus(k1),
  'k3+': /* @__PURE__ */ plus(k3),
  'abs+': /* @__PURE__ */ plus(abs),
};

/** verl holds k3 within bounds, by either name; the gradient of k3+ is k2's, which has none. */
const verlEstimators: Partial<Record<KlEstimatorName, KlEstimator>> = {
  k3: /* @__PURE__ */ boundedK3(VERL_KL_BOUNDS),
  'k3+': /* @__PURE__ */ plus(/* @__PURE__ */ boundedK3(VERL_KL_BOUNDS)),
};

/** The estimator that a name means under a convention. */
export function klEstimatorOf(name: KlEstimatorName, convention: Convention): KlEstimator {
  return (convention === 'verl' ? verlEstimators[name] : undefined) ?? klEstimators[name];
}

export type KlEstimatorName = 'k1' | 'k2' | 'k3' | 'abs' | 'k1+' | 'k3+' | 'abs+';
