import { nonNegative, positiveOrInfinite } from '../../base/checks.ts';
import { maskedMean } from '../../base/maskedMean.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import type { LossFormula } from './lossFormula.ts';
import type { PolicyBatch } from './policyObjective.ts';

/** A region in probability, one bound for each sign of the advantage. */
interface RegionOptions {
  /** A token may lose at most this much probability. Default 0.2. */
  epsilon?: number | undefined;
  /** And gain at most this much. Default `epsilon`. */
  epsilonHigh?: number | undefined;
}

export interface DppoOptions extends RegionOptions {
  /** Cap of the ratio. Default 20. */
  ratioCap?: number | undefined;
}

/** The pull towards the sampler. */
interface PullOptions {
  /** Weight of the squared log ratio. Default 1e-3. */
  klTau?: number | undefined;
  /** Factor of the advantage. Default 1. */
  advTau?: number | undefined;
}

export interface PrimeOptions extends RegionOptions, PullOptions {}

export interface IpoOptions extends PullOptions {
  /** A token's probability may move by at most this much. Default 0.1. */
  epsilon?: number | undefined;
}

export interface RefKlOptions {
  /** A token may have lost at most this much probability. Default 0.2. */
  epsilon?: number | undefined;
  /** Weight of the squared log ratio. Default 1e-3. */
  klTau?: number | undefined;
}

export const DPPO_OPTIONS: OptionChecks<DppoOptions> = {
  epsilon: nonNegative,
  epsilonHigh: nonNegative,
  ratioCap: positiveOrInfinite,
};

export const PRIME_OPTIONS: OptionChecks<PrimeOptions> = {
  epsilon: nonNegative,
  epsilonHigh: nonNegative,
  klTau: nonNegative,
  advTau: nonNegative,
};

export const IPO_OPTIONS: OptionChecks<IpoOptions> = {
  epsilon: nonNegative,
  klTau: nonNegative,
  advTau: nonNegative,
};

export const REF_KL_OPTIONS: OptionChecks<RefKlOptions> = {
  epsilon: nonNegative,
  klTau: nonNegative,
};

/** How far the token's probability moved: pi - pi_old, in [-1, 1]. */
const moved = ({ logprobs, oldLogprobs }: PolicyBatch, i: number) =>
  Math.exp(logprobs[i]!) - Math.exp(oldLogprobs[i]!);

/** How far a probability may fall and rise. */
interface Region {
  epsilon: number;
  epsilonHigh: number;
}

/** Inside a total-variation trust region, one side for each sign of the advantage. */
function insideRegion(batch: PolicyBatch, i: number, region: Region): boolean {
  const { epsilon, epsilonHigh } = region;
  return batch.advantages[i]! > 0 ? moved(batch, i) <= epsilonHigh : moved(batch, i) >= -epsilon;
}

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

/**
 * prime-rl's default: the same region, the ratio to the *sampler*, and a pull towards it on every token.
 *
 *     loss = -keep * advTau * A * r + klTau * (log r)^2
 */
export const prime: LossFormula<PrimeOptions> = (batch, options) => {
  const { epsilon = 0.2, epsilonHigh = epsilon } = options;
  const region = { epsilon, epsilonHigh };
  return pulled(batch, options, (i) => insideRegion(batch, i, region));
};

/** As `prime`, with one bound for both signs: keep = |pi - pi_old| <= epsilon, prime-rl's `ipo_threshold` 0.1. */
export const ipo: LossFormula<IpoOptions> = (batch, options) => {
  const { epsilon = 0.1 } = options;
  return pulled(batch, options, (i) => Math.abs(moved(batch, i)) <= epsilon);
};

/**
 * prime-rl's reference term: the gap to the reference acts as an advantage, unless the token has already lost mass.
 *
 *     keep = pi - pi_sampler >= -epsilon
 *     loss = -keep * stop(ref - logprob) * r + klTau * (log r)^2
 */
export const refKl: LossFormula<RefKlOptions> = (batch, options) => {
  const { epsilon = 0.2, klTau = 1e-3 } = options;
  const { ratio, logRatio, logprobs, refLogprobs } = batch;
  return {
    terms(tokens, { loss, dLogRatio }) {
      for (let k = 0; k < tokens.length; k++) {
        const i = tokens[k]!;
        const gapToRef = (refLogprobs?.[i] ?? Number.NaN) - logprobs[i]!; // NaN is reported as not finite
        const gain = moved(batch, i) < -epsilon ? 0 : gapToRef * ratio[i]!;
        loss[i] = -gain + klTau * logRatio[i]! ** 2;
        dLogRatio[i] = -gain + 2 * klTau * logRatio[i]!;
      }
    },
  };
};

function pulled(
  batch: PolicyBatch,
  options: PullOptions,
  keep: (i: number) => boolean,
): ReturnType<LossFormula<PullOptions>> {
  const { advTau = 1, klTau = 1e-3 } = options;
  const { ratio, logRatio, advantages } = batch;
  const mismatch = (i: number) => ratio[i]! - logRatio[i]! - 1;
  const dropped = (i: number) => (keep(i) ? 0 : 1);
  const share = (of: (i: number) => number, among: (i: number) => number) =>
    maskedMean(batch, (i) => of(i) * among(i)) / (maskedMean(batch, among) || 1);
  return {
    terms(tokens, { loss, dLogRatio }) {
      for (let k = 0; k < tokens.length; k++) {
        const i = tokens[k]!;
        const gain = keep(i) ? advTau * advantages[i]! * ratio[i]! : 0;
        loss[i] = -gain + klTau * logRatio[i]! ** 2;
        dLogRatio[i] = -gain + 2 * klTau * logRatio[i]!;
      }
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
