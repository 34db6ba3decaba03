import { nonNegative } from '../../base/checks.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import type { LossFormula } from './lossFormula.ts';
import { type PullOptions, pulled } from './pull.ts';
import { moved } from './trustRegion.ts';

export interface IpoOptions extends PullOptions {
  /** A token's probability may move by at most this much. Default 0.1. */
  epsilon?: number | undefined;
}

export const IPO_OPTIONS: OptionChecks<IpoOptions> = {
  epsilon: nonNegative,
  klTau: nonNegative,
  advTau: nonNegative,
};

/** As `prime`, with one bound for both signs: keep = |pi - pi_old| <= epsilon, prime-rl's `ipo_threshold` 0.1. */
export const ipo: LossFormula<IpoOptions> = (batch, options) => {
  const { epsilon = 0.1 } = options;
  return pulled(batch, options, (i) => Math.abs(moved(batch, i)) <= epsilon);
};
