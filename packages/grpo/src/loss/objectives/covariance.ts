import { maskedMean } from '../../base/maskedMean.ts';
import { shuffle } from '../../groups/repeatedIndices.ts';
import { clippedSurrogate } from './clippedSurrogate.ts';
import type { PolicyBatch, PolicyObjective } from './policyObjective.ts';

/** (A - mean A) * (logprob - mean logprob): the tokens that lower the entropy most have the largest. */
function covariance(batch: PolicyBatch): (i: number) => number {
  const { advantages, logprobs } = batch;
  const meanAdvantage = maskedMean(batch, (i) => advantages[i]!);
  const meanLogprob = maskedMean(batch, (i) => logprobs[i]!);
  return (i) => (advantages[i]! - meanAdvantage) * (logprobs[i]! - meanLogprob);
}

/** Indices of the trained tokens. */
function trained({ mask }: PolicyBatch): number[] {
  const tokens: number[] = [];
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) tokens.push(i);
  return tokens;
}

/**
 * KL-Cov: no clip; the max(1, floor(klCovFraction * n)) tokens with the largest covariance are held near the old policy.
 *
 *     loss = -r * A + [selected] * klCovCoef * |log r|
 *
 * @see Cui et al. 2025, The Entropy Mechanism of RL: https://arxiv.org/abs/2505.22617
 */
export const klCov: PolicyObjective = (batch, options) => {
  const { klCovFraction = 2e-4, klCovCoef = 1 } = options;
  const { ratio, logRatio, advantages } = batch;
  const cov = covariance(batch);
  const tokens = trained(batch).sort((a, b) => cov(b) - cov(a));
  const count = Math.floor(tokens.length * klCovFraction) || 1;
  const selected = new Set(tokens.slice(0, count));
  return {
    term(i, out) {
      out.loss = -ratio[i]! * advantages[i]!;
      out.dLogRatio = out.loss;
      if (!selected.has(i)) return;
      out.loss += klCovCoef * Math.abs(logRatio[i]!);
      out.dLogRatio += klCovCoef * Math.sign(logRatio[i]!);
    },
    metrics: () => ({ ppo_kl_abs: maskedMean(batch, (i) => Math.abs(logRatio[i]!)) }),
  };
};

/**
 * Clip-Cov: the clipped surrogate, and at most max(1, floor(clipCovFraction * n)) of the tokens whose covariance lies in
 * `clipCovRange`, and which PPO does not clip, get no gradient. They are drawn with `seed`.
 *
 * @see Cui et al. 2025, The Entropy Mechanism of RL: https://arxiv.org/abs/2505.22617
 */
export const clipCov: PolicyObjective = (batch, options) => {
  const { clipCovFraction = 2e-4, clipCovRange = [1, 5], seed = 0 } = options;
  const { epsilon = 0.2, epsilonHigh = epsilon } = options;
  const { ratio, advantages } = batch;
  const surrogate = clippedSurrogate(batch, { ...options, dualClip: Infinity });
  const cov = covariance(batch);
  const [low, high] = clipCovRange;
  const ppoClips = (i: number) =>
    advantages[i]! > 0
      ? ratio[i]! > 1 + epsilonHigh
      : advantages[i]! < 0 && ratio[i]! < 1 - epsilon;
  const tokens = trained(batch);
  const candidates = tokens.filter((i) => !ppoClips(i) && cov(i) > low && cov(i) < high);
  const count = Math.floor(tokens.length * clipCovFraction) || 1;
  if (candidates.length > count) shuffle(candidates, seed);
  const zeroed = new Set(candidates.slice(0, count));
  return {
    term(i, out) {
      if (!zeroed.has(i)) surrogate.term(i, out);
    },
    metrics: () => ({ 'clip_cov/zeroed_mean': maskedMean(batch, (i) => (zeroed.has(i) ? 1 : 0)) }),
  };
};
