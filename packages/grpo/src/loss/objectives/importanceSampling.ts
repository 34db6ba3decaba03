import type { LossFormula } from './lossFormula.ts';

/** Importance sampling without any clip: loss = -r * A. */
export const importanceSampling: LossFormula<object> = ({ ratio, advantages }) => ({
  terms(tokens, { loss, dLogRatio }) {
    for (let k = 0; k < tokens.length; k++) {
      const i = tokens[k]!;
      loss[i] = -ratio[i]! * advantages[i]!;
      dLogRatio[i] = loss[i]!;
    }
  },
});
