import { maskedMean } from '../../base/maskedMean.ts';
import type { PolicyBatch, PolicyObjective } from './policyObjective.ts';

/** How far the token's probability moved: pi - pi_old, in [-1, 1]. */
const moved = ({ logprobs, oldLogprobs }: PolicyBatch, i: number) =>
  Math.exp(logprobs[i]!) - Math.exp(oldLogprobs[i]!);

/** Inside a total-variation trust region, one side for each sign of the advantage. */
function insideRegion(batch: PolicyBatch, i: number, low: number, high: number): boolean {
  return batch.advantages[i]! > 0 ? moved(batch, i) <= high : moved(batch, i) >= -low;
}

/**
 * DPPO: tokens are dropped by how far their probability moved, not by their ratio.
 *
 *     keep = (pi - pi_old <= epsilonHigh) for A > 0, (pi - pi_old >= -epsilon) for the rest
 *     loss = -stop(min(r, ratioCap)) * A * logprob * keep
 *
 * @see Qi et al. 2026, Rethinking the Trust Region in LLM Reinforcement Learning: https://arxiv.org/abs/2602.04879
 */
export const dppo: PolicyObjective = (batch, options) => {
  const { epsilon = 0.2, epsilonHigh = epsilon, ratioCap = 20 } = options;
  const keep = (i: number) => insideRegion(batch, i, epsilon, epsilonHigh);
  return {
    term(i, out) {
      if (!keep(i)) return;
      const weight = Math.min(ratioCap, batch.ratio[i]!) * batch.advantages[i]!;
      out.loss = -weight * batch.logprobs[i]!;
      out.dLogprob = -weight;
    },
    metrics: () => ({
      'dppo/masked_mean': maskedMean(batch, (i) => (keep(i) ? 0 : 1)),
      'dppo/capped_mean': maskedMean(batch, (i) => (keep(i) && batch.ratio[i]! > ratioCap ? 1 : 0)),
    }),
  };
};

/**
 * prime-rl's default: the same region, the ratio to the *sampler*, and a pull towards it on every token.
 *
 *     loss = -keep * advTau * A * r + klTau * (log r)^2
 */
export const prime: PolicyObjective = (batch, options) => {
  const { epsilon = 0.2, epsilonHigh = epsilon } = options;
  return pulled(batch, options, (i) => insideRegion(batch, i, epsilon, epsilonHigh));
};

/** As `prime`, with one bound for both signs: keep = |pi - pi_old| <= epsilon, prime-rl's `ipo_threshold` 0.1. */
export const ipo: PolicyObjective = (batch, options) => {
  const { epsilon = 0.1 } = options;
  return pulled(batch, options, (i) => Math.abs(moved(batch, i)) <= epsilon);
};

/**
 * prime-rl's reference term: the gap to the reference acts as an advantage, unless the token has already lost mass.
 *
 *     keep = pi - pi_sampler >= -epsilon
 *     loss = -keep * stop(ref - logprob) * r + klTau * (log r)^2
 */
export const refKl: PolicyObjective = (batch, options) => {
  const { epsilon = 0.2, klTau = 1e-3 } = options;
  const { ratio, logRatio, logprobs, refLogprobs } = batch;
  return {
    term(i, out) {
      const gapToRef = (refLogprobs?.[i] ?? Number.NaN) - logprobs[i]!; // NaN is reported as not finite
      const gain = moved(batch, i) < -epsilon ? 0 : gapToRef * ratio[i]!;
      out.loss = -gain + klTau * logRatio[i]! ** 2;
      out.dLogRatio = -gain + 2 * klTau * logRatio[i]!;
    },
  };
};

function pulled(
  batch: PolicyBatch,
  options: Parameters<PolicyObjective>[1],
  keep: (i: number) => boolean,
): ReturnType<PolicyObjective> {
  const { advTau = 1, klTau = 1e-3 } = options;
  const { ratio, logRatio, advantages } = batch;
  const mismatch = (i: number) => ratio[i]! - logRatio[i]! - 1;
  const dropped = (i: number) => (keep(i) ? 0 : 1);
  const share = (of: (i: number) => number, among: (i: number) => number) =>
    maskedMean(batch, (i) => of(i) * among(i)) / (maskedMean(batch, among) || 1);
  return {
    term(i, out) {
      const gain = keep(i) ? advTau * advantages[i]! * ratio[i]! : 0;
      out.loss = -gain + klTau * logRatio[i]! ** 2;
      out.dLogRatio = -gain + 2 * klTau * logRatio[i]!;
    },
    metrics: () => ({
      is_masked: maskedMean(batch, dropped),
      is_masked_low: maskedMean(batch, (i) => (advantages[i]! < 0 ? dropped(i) : 0)),
      is_masked_high: maskedMean(batch, (i) => (advantages[i]! > 0 ? dropped(i) : 0)),
      masked_mismatch_kl: share(mismatch, dropped),
      unmasked_mismatch_kl: share(mismatch, (i) => 1 - dropped(i)),
      masked_advantage_positive: share((i) => (advantages[i]! > 0 ? 1 : 0), dropped),
      masked_advantage_negative: share((i) => (advantages[i]! < 0 ? 1 : 0), dropped),
    }),
  };
}
