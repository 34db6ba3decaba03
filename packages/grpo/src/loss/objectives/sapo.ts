import { positive } from '../../base/checks.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import type { LossFormula } from './lossFormula.ts';

export interface SapoOptions {
  /** Temperature of the gate for A > 0. Default 1. */
  sapoTemperaturePos?: number | undefined;
  /** For the rest. Default 1.05. */
  sapoTemperatureNeg?: number | undefined;
}

export const SAPO_OPTIONS: OptionChecks<SapoOptions> = {
  sapoTemperaturePos: positive,
  sapoTemperatureNeg: positive,
};

/**
 * SAPO: a soft gate in place of the clip. Its slope is 1 on-policy and falls off smoothly on both sides.
 *
 *     loss = -A * (4 / tau) * sigmoid(tau * (r - 1))        tau: one temperature for A > 0, one for the rest
 *
 * @see Gao et al. 2025, Soft Adaptive Policy Optimization: https://arxiv.org/abs/2511.20347
 */
export const sapo: LossFormula<SapoOptions> = (batch, options) => {
  const { sapoTemperaturePos = 1, sapoTemperatureNeg = 1.05 } = options;
  const { ratio, advantages } = batch;
  return {
    terms(tokens, { loss, dLogRatio }) {
      for (let k = 0; k < tokens.length; k++) {
        const i = tokens[k]!;
        const [advantage, r] = [advantages[i]!, ratio[i]!];
        const tau = advantage > 0 ? sapoTemperaturePos : sapoTemperatureNeg;
        const gate = 1 / (1 + Math.exp(-tau * (r - 1)));
        loss[i] = (-advantage * 4 * gate) / tau;
        dLogRatio[i] = gate === 1 ? 0 : -advantage * 4 * gate * (1 - gate) * r;
      }
    },
  };
};
