import { assertLength, notFinite, rowsOf } from './assertTokens.ts';
import { positiveOrInfinite, shown } from './base/checks.ts';
import { type Mask, readMask } from './base/readMask.ts';
import { readPolicyFields } from './policyFields.ts';

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

/**
 * Each token has its own ratio: u[t] = logprob[t] - old[t].
 *
 * @example
 * const data = { logprobs: [-1, -2], oldLogprobs: [-2, -2], completionMask: [1, 1], sequenceLength: 2 };
 * tokenRatio(data).values; // Float64Array [1, 0]
 */
export const tokenRatio: ImportanceRatio = (given, clamp = Infinity) => {
  const where = 'tokenRatio';
  positiveOrInfinite(where, 'clamp', clamp);
  const data = readPolicyFields(where, given, ['logprobs', 'completionMask', 'sequenceLength']);
  const { logprobs, sequenceLength } = data;
  assertLength(where, 'logprobs', logprobs);
  const size = logprobs.length;
  rowsOf(where, size, sequenceLength);
  const { oldLogprobs = logprobs } = data;
  assertLength(where, 'oldLogprobs', oldLogprobs, size);
  const mask = readMask(where, 'completionMask', data.completionMask, size, sequenceLength);
  const values = new Float64Array(size);
  const slope = new Uint8Array(logprobs.length); // 1 where a trained token is inside the clamp
  for (let i = 0; i < size; i++) {
    if (mask[i] === 0) continue;
    const [now, old] = [logprobs[i]!, oldLogprobs[i]!];
    if (!Number.isFinite(now) || !Number.isFinite(old)) {
      throw notFinite(`${where}: log-probs are ${shown(now)} and ${shown(old)}`, i, sequenceLength);
    }
    const raw = now - old;
    values[i] = Math.min(clamp, Math.max(-clamp, raw));
    slope[i] = values[i] === raw ? 1 : 0;
  }
  const backward = (gradient: Float64Array, into: Float64Array): void => {
    for (let i = 0; i < into.length; i++) if (slope[i] !== 0) into[i]! += gradient[i]!;
  };
  return { values, tokens: values, perSequence: false, backward };
};
