import { assertFiniteTokens, assertLength, rowsOf } from '../base/assertTokens.ts';
import { positiveOrInfinite } from '../base/checks.ts';
import { readPolicyFields } from '../base/policyFields.ts';
import { type Mask, readMask } from '../base/readMask.ts';

/** Log of the importance ratio on every token, and the way back from its gradient to that of the log-probs. */
export interface LogRatio {
  /** `[B*T]`, log(pi / pi_old) of the token or of its sequence; 0 where masked (per sequence: the row's value). */
  values: Float64Array;
  /** `[B*T]`, the token's own log ratio; 0 where masked. */
  tokens: Float64Array;
  /** True when a whole sequence shares one ratio and its gradient. */
  perSequence: boolean;
  /** Adds to `into` the gradient with respect to the log-probs, given the gradient with respect to `values`. */
  backward(gradient: Float64Array, into: Float64Array): void;
}

export interface LogRatioData {
  logprobs: ArrayLike<number>;
  /** Absent = strictly on-policy: the ratio is exactly 1 and still has a gradient. */
  oldLogprobs?: ArrayLike<number> | undefined;
  completionMask: Mask;
  sequenceLength: number;
}

/** Over what the probability ratio is taken. `clamp` bounds |log ratio| per token (verl 20); no gradient outside. */
export type ImportanceRatio = (data: LogRatioData, clamp?: number) => LogRatio;

/** Inputs of a ratio after every check. */
export interface CheckedRatioData {
  logprobs: ArrayLike<number>;
  oldLogprobs: ArrayLike<number>;
  mask: Uint8Array;
  sequenceLength: number;
}

/** A ratio of inputs that are checked. The losses check theirs once, and take this form. */
export type CheckedRatio = (data: CheckedRatioData, clamp: number) => LogRatio;

/** `tokenRatio` of inputs that are checked. */
export const ratioOfTokens: CheckedRatio = ({ logprobs, oldLogprobs, mask }, clamp) => {
  const values = new Float64Array(mask.length);
  const slope = new Uint8Array(mask.length); // 1 where a trained token is inside the clamp
  for (let i = 0; i < values.length; i++) {
    if (mask[i] === 0) continue;
    const raw = logprobs[i]! - oldLogprobs[i]!;
    values[i] = Math.min(clamp, Math.max(-clamp, raw));
    slope[i] = values[i] === raw ? 1 : 0;
  }
  const backward = (gradient: Float64Array, into: Float64Array): void => {
    for (let i = 0; i < into.length; i++) if (slope[i] !== 0) into[i]! += gradient[i]!;
  };
  return { values, tokens: values, perSequence: false, backward };
};

/** A ratio for callers: the checks, then the ratio. */
export function checkingRatio(where: string, ratio: CheckedRatio): ImportanceRatio {
  return (given, clamp = Infinity) => {
    positiveOrInfinite(where, 'clamp', clamp);
    const data = readPolicyFields(where, given, ['logprobs', 'completionMask', 'sequenceLength']);
    const { logprobs, oldLogprobs = logprobs, sequenceLength } = data;
    assertLength(where, 'logprobs', logprobs);
    const size = logprobs.length;
    rowsOf(where, size, sequenceLength);
    assertLength(where, 'oldLogprobs', oldLogprobs, size);
    const mask = readMask(where, 'completionMask', data.completionMask, size, sequenceLength);
    assertFiniteTokens(where, 'logprobs', logprobs, mask, sequenceLength);
    assertFiniteTokens(where, 'oldLogprobs', oldLogprobs, mask, sequenceLength);
    return ratio({ logprobs, oldLogprobs, mask, sequenceLength }, clamp);
  };
}

/**
 * Each token has its own ratio: u[t] = logprob[t] - old[t].
 *
 * @example
 * const data = { logprobs: [-1, -2], oldLogprobs: [-2, -2], completionMask: [1, 1], sequenceLength: 2 };
 * tokenRatio(data).values; // Float64Array [1, 0]
 */
export const tokenRatio: ImportanceRatio = /* @__PURE__ */ checkingRatio(
  'tokenRatio',
  ratioOfTokens,
);
