import { clipMetrics } from './clipMetrics.ts';
import type { PolicyObjective } from './policyObjective.ts';

/**
 * PPO's clipped surrogate, with the two extensions in use.
 *
 *     loss = -min(min(r, delta) * A, clip(r, 1 - epsilon, 1 + epsilonHigh) * A)
 *     dual clip, A < 0: loss = min(loss, -A * c)
 *
 * @see Schulman et al. 2017, PPO: https://arxiv.org/abs/1707.06347
 * @see Ye et al. 2019, dual clip: https://arxiv.org/abs/1912.09729
 * @see Prime Intellect 2025, INTELLECT-2 (delta): https://arxiv.org/abs/2505.07291
 */
export const clippedSurrogate: PolicyObjective = (batch, options) => {
  const { epsilon = 0.2, epsilonHigh = epsilon, delta = Infinity } = options;
  const { dualClip = options.convention === 'verl' ? 3 : Infinity } = options;
  const [low, high] = [1 - epsilon, 1 + epsilonHigh];
  const { ratio, advantages } = batch;
  return {
    term(i, out) {
      const advantage = advantages[i]!;
      const r = ratio[i]!;
      if (advantage === 0) return;
      const open = Math.min(r, delta) * advantage;
      const clipped = Math.min(high, Math.max(low, r)) * advantage;
      const slope = open <= clipped ? r <= delta : r >= low && r <= high;
      out.loss = -Math.min(open, clipped);
      out.dLogRatio = slope ? -r * advantage : 0;
      if (advantage < 0 && out.loss > -advantage * dualClip) {
        out.loss = -advantage * dualClip;
        out.dLogRatio = 0;
      }
    },
    metrics: () => {
      const metrics = clipMetrics(batch, (i) => {
        const held = Math.min(ratio[i]!, delta);
        if (advantages[i]! < 0) return held < low ? -1 : 0;
        return advantages[i]! > 0 && held > high ? 1 : 0;
      });
      if (dualClip === Infinity) return metrics;
      const dual = clipMetrics(batch, (i) => (advantages[i]! < 0 && ratio[i]! > dualClip ? 1 : 0));
      return { ...metrics, 'clip_ratio/dual_mean': dual['clip_ratio/high_mean']! };
    },
  };
};

/** The same on a sequence's ratio, as in GSPO: verl has no dual clip there, so only an explicit `dualClip` gives one. */
export const sequenceSurrogate: PolicyObjective = (batch, options) =>
  clippedSurrogate(batch, { dualClip: Infinity, ...options });
