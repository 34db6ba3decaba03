import type { PolicyObjective } from './policyObjective.ts';

/**
 * SAPO: a soft gate in place of the clip. Its slope is 1 on-policy and falls off smoothly on both sides.
 *
 *     loss = -A * (4 / tau) * sigmoid(tau * (r - 1))        tau: one temperature for A > 0, one for the rest
 *
 * @see Gao et al. 2025, Soft Adaptive Policy Optimization: https://arxiv.org/abs/2511.20347
 */
export const sapo: PolicyObjective = (batch, options) => {
  const { sapoTemperaturePos = 1, sapoTemperatureNeg = 1.05 } = options;
  const { ratio, advantages } = batch;
  return {
    term(i, out) {
      const [advantage, r] = [advantages[i]!, ratio[i]!];
      const tau = advantage > 0 ? sapoTemperaturePos : sapoTemperatureNeg;
      const gate = 1 / (1 + Math.exp(-tau * (r - 1)));
      out.loss = (-advantage * 4 * gate) / tau;
      out.dLogRatio = gate === 1 ? 0 : -advantage * 4 * gate * (1 - gate) * r;
    },
  };
};
