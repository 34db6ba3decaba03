import { nonNegative } from '../../base/checks.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import type { LossFormula } from './lossFormula.ts';
import { moved } from './trustRegion.ts';

export interface RefKlOptions {
  /** A token may have lost at most this much probability. Default 0.2. */
  epsilon?: number | undefined;
  /** Weight of the squared log ratio. Default 1e-3. */
  klTau?: number | undefined;
}

export const REF_KL_OPTIONS: OptionChecks<RefKlOptions> = {
  epsilon: nonNegative,
  klTau: nonNegative,
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
