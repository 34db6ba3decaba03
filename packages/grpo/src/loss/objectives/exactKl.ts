import type { LossFormula } from './lossFormula.ts';

/** The full-vocabulary KL itself, computed elsewhere. */
export const exactKl: LossFormula<object> = ({ klValues }) => ({
  terms(tokens, { loss, dKl }) {
    for (let k = 0; k < tokens.length; k++) {
      const i = tokens[k]!;
      loss[i] = klValues?.[i] ?? Number.NaN; // NaN is reported as not finite
      dKl[i] = 1;
    }
  },
});
