import { assertLength } from '../base/assertTokens.ts';
import { positiveOrInfinite } from '../base/checks.ts';
import { tokensOfGrid } from '../base/onRows.ts';
import { readPolicyFields } from '../base/policyFields.ts';
import { type Numbers, readColumn } from '../base/readColumn.ts';
import type { Mask } from '../base/readMask.ts';
import type { TokenRows } from '../base/tokenRows.ts';

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
  logprobs: Numbers;
  oldLogprobs: Numbers;
  tokens: TokenRows;
}

/** A ratio of inputs that are checked. The losses check theirs once, and take this form. */
export type CheckedRatio = (data: CheckedRatioData, clamp: number) => LogRatio;

/** `tokenRatio` of inputs that are checked. */
export const ratioOfTokens: CheckedRatio = ({ logprobs, oldLogprobs, tokens }, clamp) => {
  const { mask, trained } = tokens;
  const values = new Float64Array(mask.length);
  if (logprobs !== oldLogprobs) subtract(values, [logprobs, oldLogprobs], trained); // else 0
  const held = clamp === Infinity ? undefined : hold(values, trained, clamp);
  const backward = (gradient: Float64Array, into: Float64Array): void => {
    for (let k = 0; k < trained.length; k++) {
      const i = trained[k]!;
      if (held === undefined || held[i] === 0) into[i]! += gradient[i]!;
    }
  };
  return { values, tokens: values, perSequence: false, backward };
};

function subtract(into: Float64Array, [a, b]: readonly [Numbers, Numbers], at: Uint32Array): void {
  for (let k = 0; k < at.length; k++) {
    const i = at[k]!;
    into[i] = a[i]! - b[i]!;
  }
}

/** Holds values within the clamp, and says which were outside. */
function hold(values: Float64Array, at: Uint32Array, clamp: number): Uint8Array {
  const held = new Uint8Array(values.length);
  for (let k = 0; k < at.length; k++) {
    const i = at[k]!;
    const raw = values[i]!;
    values[i] = Math.min(clamp, Math.max(-clamp, raw));
    held[i] = values[i] === raw ? 0 : 1;
  }
  return held;
}

/** A ratio for callers: the checks, then the ratio. */
export function checkingRatio(where: string, ratio: CheckedRatio): ImportanceRatio {
  return (given, clamp = Infinity) => {
    positiveOrInfinite(where, 'clamp', clamp);
    const data = readPolicyFields(where, given, ['logprobs', 'completionMask', 'sequenceLength']);
    const { logprobs, oldLogprobs = logprobs } = data;
    assertLength(where, { logprobs });
    const tokens = tokensOfGrid(where, data, logprobs.length);
    const column = (name: string, values: ArrayLike<number>) =>
      readColumn(where, { name, values, kind: 'number' }, tokens);
    const own = column('logprobs', logprobs);
    const old = oldLogprobs === logprobs ? own : column('oldLogprobs', oldLogprobs);
    return ratio({ logprobs: own, oldLogprobs: old, tokens }, clamp);
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
