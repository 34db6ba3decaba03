import { nonNegative } from '../../base/checks.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import type { LossFormula } from './lossFormula.ts';
import { type PullOptions, pulled } from './pull.ts';
import { insideRegion, type RegionOptions } from './trustRegion.ts';

export interface PrimeOptions extends RegionOptions, PullOptions {}

export const PRIME_OPTIONS: OptionChecks<PrimeOptions> = {
  epsilon: nonNegative,
  epsilonHigh: nonNegative,
  klTau: nonNegative,
  advTau: nonNegative,
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
