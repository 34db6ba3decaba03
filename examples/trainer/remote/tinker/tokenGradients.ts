import type { Datum } from '../../../tinker/protocol/forwardBackward.ts';
import type { Reduction } from '../../../tinker/server/reduction.ts';

/** A sequence whose log-probs have a gradient. */
export interface TokenGradient {
  /** The whole sequence. */
  ids: ArrayLike<number>;
  /** Of each of its tokens but the first, now. */
  logprobs: Float32Array;
  /** dLoss/dlogprob of each of them; 0 where it has no loss. */
  gradient: Float64Array;
}

/** A sequence as the server reads it: all but the last token predict all but the first. */
export const datumOf = (ids: ArrayLike<number>, inputs: Datum['lossInputs'] = {}): Datum => {
  const all = Int32Array.from(ids);
  return {
    tokens: all.slice(0, -1),
    lossInputs: { target_tokens: all.subarray(1), ...inputs },
  };
};

/**
 * Data of the loss `importance_sampling` whose gradient is any one that is wanted of the log-probs g: the ratio is 1, so
 *
 *     d/dlogp (-exp(logp - logprobs) advantage) = -advantage = g
 *
 * A server that divides each sequence by its weights M, and then by the number of sequences N, is given `-g M N`: the product
 * is g again. (`cross_entropy` with weights -g is divided by the sum of those, and by 1e-9 where that is negative.)
 *
 * @param sequences - all that are sent before the next optimiser step.
 */
export function gradientData(sequences: readonly TokenGradient[], reduction: Reduction): Datum[] {
  return sequences.map(({ ids, logprobs, gradient }) => {
    if (reduction === 'sum')
      return datumOf(ids, { logprobs, advantages: Float32Array.from(gradient, (g) => -g) });
    const weights = Float32Array.from(gradient, (g) => (g === 0 ? 0 : 1));
    const mask = Math.max(
      1,
      weights.reduce((sum, w) => sum + w, 0),
    );
    const scale = mask * sequences.length;
    const advantages = Float32Array.from(gradient, (g) => -g * scale);
    return datumOf(ids, { logprobs, advantages, weights });
  });
}
