import type { PolicyObjective } from './policyObjective.ts';

/** Importance sampling without any clip: loss = -r * A. */
export const importanceSampling: PolicyObjective = ({ ratio, advantages }) => ({
  term(i, out) {
    out.loss = -ratio[i]! * advantages[i]!;
    out.dLogRatio = out.loss;
  },
});

/** REINFORCE: loss = -A * logprob. */
export const reinforce: PolicyObjective = ({ logprobs, advantages }) => ({
  term(i, out) {
    out.loss = -advantages[i]! * logprobs[i]!;
    out.dLogprob = -advantages[i]!;
  },
});

/**
 * Direct reward optimisation: REINFORCE held near the old policy by a square, with no ratio at all.
 *
 *     loss = -(A * logprob - (droBeta / 2) * (logprob - old)^2)
 *
 * @see Richemond et al. 2024, Offline Regularised Reinforcement Learning: https://arxiv.org/abs/2405.19107
 */
export const dro: PolicyObjective = ({ logprobs, oldLogprobs, advantages }, options) => {
  const { droBeta = 0.1 } = options;
  return {
    term(i, out) {
      const step = logprobs[i]! - oldLogprobs[i]!;
      out.loss = -(advantages[i]! * logprobs[i]! - 0.5 * droBeta * step * step);
      out.dLogprob = -advantages[i]! + droBeta * step;
    },
  };
};

/** Cross-entropy: loss = -logprob. */
export const crossEntropy: PolicyObjective = ({ logprobs }) => ({
  term(i, out) {
    out.loss = -logprobs[i]!;
    out.dLogprob = -1;
  },
});

/** The full-vocabulary KL itself, computed elsewhere. */
export const exactKl: PolicyObjective = ({ klValues }) => ({
  term(i, out) {
    out.loss = klValues?.[i] ?? Number.NaN; // NaN is reported as not finite
    out.dKl = 1;
  },
});
