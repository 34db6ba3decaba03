import { nonNegative, range, share, seed as wholeSeed } from '../../base/checks.ts';
import { maskedMean } from '../../base/maskedMean.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import { shuffle } from '../../base/shuffle.ts';
import { clippedSurrogate } from './clippedSurrogate.ts';
import { covariance } from './covariance.ts';
import type { LossFormula } from './lossFormula.ts';

export interface ClipCovOptions {
  /** Ratios below 1 - epsilon are clipped. Default 0.2. */
  epsilon?: number | undefined;
  /** Ratios above 1 + epsilonHigh are clipped. Default `epsilon`. */
  epsilonHigh?: number | undefined;
  /** Covariance range of the candidates. Default [1, 5]. */
  clipCovRange?: readonly [number, number] | undefined;
  /** Share of all tokens that may be zeroed; the candidates are drawn with `seed`. Default 2e-4. */
  clipCovFraction?: number | undefined;
  /** Seed of the draw. Default 0. */
  seed?: number | undefined;
}

export const CLIP_COV_OPTIONS: OptionChecks<ClipCovOptions> = {
  epsilon: nonNegative,
  epsilonHigh: nonNegative,
  clipCovRange: range,
  clipCovFraction: share,
  seed: wholeSeed,
};

/**
 * Clip-Cov: the clipped surrogate, and at most max(1, floor(clipCovFraction * n)) of the tokens whose covariance lies in
 * `clipCovRange`, and which PPO does not clip, get no gradient. They are drawn with `seed`.
 *
 * @see Cui et al. 2025, The Entropy Mechanism of RL: https://arxiv.org/abs/2505.22617
 */
export const clipCov: LossFormula<ClipCovOptions> = (batch, options) => {
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
  const tokens = Array.from(batch.trained);
  const candidates = tokens.filter((i) => !ppoClips(i) && cov(i) > low && cov(i) < high);
  const count = Math.floor(tokens.length * clipCovFraction) || 1;
  if (candidates.length > count) shuffle(candidates, seed);
  const zeroed = new Set(candidates.slice(0, count));
  return {
    terms(asked, out) {
      surrogate.terms(
        asked.filter((i) => !zeroed.has(i)),
        out,
      );
    },
    metrics: () => ({ 'clip_cov/zeroed_mean': maskedMean(batch, (i) => (zeroed.has(i) ? 1 : 0)) }),
  };
};
