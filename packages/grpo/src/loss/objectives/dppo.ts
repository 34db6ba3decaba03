import { nonNegative, positiveOrInfinite } from '../../base/checks.ts';
import { maskedMean } from '../../base/maskedMean.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import type { LossFormula } from './lossFormula.ts';
import { insideRegion, type RegionOptions } from './trustRegion.ts';

export interface DppoOptions extends RegionOptions {
  /** Cap of the ratio. Default 20. */
  ratioCap?: number | undefined;
}

export const DPPO_OPTIONS: OptionChecks<DppoOptions> = {
  epsilon: nonNegative,
  epsilonHigh: nonNegative,
  ratioCap: positiveOrInfinite,
};

/**
 * DPPO: tokens are dropped by how far their probability moved, not by their ratio.
 *
 *     keep = (pi - pi_old <= epsilonHigh) for A > 0, (pi - pi_old >= -epsilon) for the rest
 *     loss = -stop(min(r, ratioCap)) * A * logprob * keep
 *
 * @see Qi et al. 2026, Rethinking the Trust Region in LLM Reinforcement Learning: https://arxiv.org/abs/2602.04879
 */
export const dppo: LossFormula<DppoOptions> = (batch, options) => {
  const { epsilon = 0.2, epsilonHigh = epsilon, ratioCap = 20 } = options;
  const region = { epsilon, epsilonHigh };
  const keep = (i: number) => insideRegion(batch, i, region);
  return {
    terms(tokens, { loss, dLogprob }) {
      for (let k = 0; k < tokens.length; k++) {
        const i = tokens[k]!;
        if (!keep(i)) continue;
        const weight = Math.min(ratioCap, batch.ratio[i]!) * batch.advantages[i]!;
        loss[i] = -weight * batch.logprobs[i]!;
        dLogprob[i] = -weight;
      }
    },
    metrics: () => ({
      'dppo/masked_mean': maskedMean(batch, (i) => (keep(i) ? 0 : 1)),
      'dppo/capped_mean': maskedMean(batch, (i) => (keep(i) && batch.ratio[i]! > ratioCap ? 1 : 0)),
    }),
  };
};
