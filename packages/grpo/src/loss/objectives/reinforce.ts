import type { LossFormula } from './lossFormula.ts';

/** REINFORCE: loss = -A * logprob. */
export const reinforce: LossFormula<object> = ({ logprobs, advantages }) => ({
  terms(tokens, { loss, dLogprob }) {
    for (let k = 0; k < tokens.length; k++) {
      const i = tokens[k]!;
      loss[i] = -advantages[i]! * logprobs[i]!;
      dLogprob[i] = -advantages[i]!;
    }
  },
});
