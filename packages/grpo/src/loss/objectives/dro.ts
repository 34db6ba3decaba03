import { nonNegative } from '../../base/checks.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import type { LossFormula } from './lossFormula.ts';

export interface DroOptions {
  /** Weight of the squared log ratio. Default 0.1. */
  droBeta?: number | undefined;
}

export const DRO_OPTIONS: OptionChecks<DroOptions> = { droBeta: nonNegative };

/**
 * Direct reward optimisation: REINFORCE held near the old policy by a square, with no ratio at all.
 *
 *     loss = -(A * logprob - (droBeta / 2) * (logprob - old)^2)
 *
 * @see Richemond et al. 2024, Offline Regularised Reinforcement Learning: https://arxiv.org/abs/2405.19107
 */
export const dro: LossFormula<DroOptions> = ({ logprobs, oldLogprobs, advantages }, options) => {
  const { droBeta = 0.1 } = options;
  return {
    terms(tokens, { loss, dLogprob }) {
      for (let k = 0; k < tokens.length; k++) {
        const i = tokens[k]!;
        const step = logprobs[i]! - oldLogprobs[i]!;
        loss[i] = -(advantages[i]! * logprobs[i]! - 0.5 * droBeta * step * step);
        dLogprob[i] = -advantages[i]! + droBeta * step;
      }
    },
  };
};
