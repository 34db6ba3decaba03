import type { LossFormula } from './lossFormula.ts';

/** Cross-entropy: loss = -logprob. */
export const crossEntropy: LossFormula<object> = ({ logprobs }) => ({
  terms(tokens, { loss, dLogprob }) {
    for (let k = 0; k < tokens.length; k++) {
      const i = tokens[k]!;
      loss[i] = -logprobs[i]!;
      dLogprob[i] = -1;
    }
  },
});
