import { nonNegative, share } from '../../base/checks.ts';
import { maskedMean } from '../../base/maskedMean.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import { covariance } from './covariance.ts';
import type { LossFormula } from './lossFormula.ts';

export interface KlCovOptions {
  /** Share of tokens that are penalised. Default 2e-4. */
  klCovFraction?: number | undefined;
  /** Weight of |log ratio| on them. Default 1. */
  klCovCoef?: number | undefined;
}

export const KL_COV_OPTIONS: OptionChecks<KlCovOptions> = {
  klCovFraction: share,
  klCovCoef: nonNegative,
};

/**
 * KL-Cov: no clip; the max(1, floor(klCovFraction * n)) tokens with the largest covariance are held near the old policy.
 *
 *     loss = -r * A + [selected] * klCovCoef * |log r|
 *
 * @see Cui et al. 2025, The Entropy Mechanism of RL: https://arxiv.org/abs/2505.22617
 */
export const klCov: LossFormula<KlCovOptions> = (batch, options) => {
  const { klCovFraction = 2e-4, klCovCoef = 1 } = options;
  const { ratio, logRatio, advantages } = batch;
  const cov = covariance(batch);
  const tokens = Array.from(batch.trained).sort((a, b) => cov(b) - cov(a));
  const count = Math.floor(tokens.length * klCovFraction) || 1;
  const selected = new Set(tokens.slice(0, count));
  return {
    terms(asked, { loss, dLogRatio }) {
      for (let k = 0; k < asked.length; k++) {
        const i = asked[k]!;
        loss[i] = -ratio[i]! * advantages[i]!;
        dLogRatio[i] = loss[i]!;
        if (!selected.has(i)) continue;
        loss[i]! += klCovCoef * Math.abs(logRatio[i]!);
        dLogRatio[i]! += klCovCoef * Math.sign(logRatio[i]!);
      }
    },
    metrics: () => ({ ppo_kl_abs: maskedMean(batch, (i) => Math.abs(logRatio[i]!)) }),
  };
};
