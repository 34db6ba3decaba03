import type { TokenRows } from '../base/tokenRows.ts';
import {
  type CheckedRatio,
  checkingRatio,
  type ImportanceRatio,
  ratioOfTokens,
  tokenRatio,
} from './importanceRatio.ts';

/** verl holds the log ratio of its token form of GSPO to at most 10. */
const GSPO_TOKEN_CAP = 10;

/** On every token of a row the mean of `values` over the row's trained tokens (0 without one). */
function rowMeans(values: Float64Array, tokens: TokenRows): Float64Array {
  const { rows, starts, trained, trainedStarts } = tokens;
  const means = new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    const [from, to] = [trainedStarts[row]!, trainedStarts[row + 1]!];
    let sum = 0;
    for (let k = from; k < to; k++) sum += values[trained[k]!]!;
    means.fill(sum / (to - from || 1), starts[row]!, starts[row + 1]!);
  }
  return means;
}

const ratioOfSequences: CheckedRatio = (data, clamp) => {
  const { tokens, backward } = ratioOfTokens(data, clamp);
  return {
    values: rowMeans(tokens, data.tokens),
    tokens,
    perSequence: true,
    // The mean's gradient is the mean of the gradients, and so is 0 on masked tokens.
    backward: (gradient, into) => backward(rowMeans(gradient, data.tokens), into),
  };
};

const ratioOfGspoTokens: CheckedRatio = (data, clamp) => {
  const ratio = ratioOfTokens(data, clamp);
  const means = rowMeans(ratio.tokens, data.tokens);
  return {
    ...ratio,
    values: means.map((mean) => Math.min(GSPO_TOKEN_CAP, mean)),
    // a ratio that is held has no gradient
    backward: (gradient, into) =>
      ratio.backward(
        gradient.map((g, i) => (means[i]! > GSPO_TOKEN_CAP ? 0 : g)),
        into,
      ),
  };
};

/**
 * One ratio per sequence, the geometric mean of its tokens' (GSPO):
 * u[t] = mean over the sequence's trained tokens of (logprob - old).
 *
 * @example
 * const data = { logprobs: [-1, -2], oldLogprobs: [-2, -2], completionMask: [1, 1], sequenceLength: 2 };
 * sequenceRatio(data).values; // Float64Array [0.5, 0.5]
 *
 * @see Zheng et al. 2025, GSPO: https://arxiv.org/abs/2507.18071
 */
export const sequenceRatio: ImportanceRatio = /* @__PURE__ */ checkingRatio(
  'sequenceRatio',
  ratioOfSequences,
);

/**
 * The sequence's ratio with the gradient of each token's own log-prob, so that advantages may differ per token.
 *
 * @see Zheng et al. 2025, GSPO-token: https://arxiv.org/abs/2507.18071
 */
export const gspoTokenRatio: ImportanceRatio = /* @__PURE__ */ checkingRatio(
  'gspoTokenRatio',
  ratioOfGspoTokens,
);

/** The ratios by the name of `importanceSamplingLevel`. */
export const importanceRatios: Record<ImportanceSamplingLevel, ImportanceRatio> = {
  token: tokenRatio,
  sequence: sequenceRatio,
  'gspo-token': gspoTokenRatio,
};

/** The same for inputs that are checked. */
export const checkedRatios: Record<ImportanceSamplingLevel, CheckedRatio> = {
  token: ratioOfTokens,
  sequence: ratioOfSequences,
  'gspo-token': ratioOfGspoTokens,
};

export type ImportanceSamplingLevel = 'token' | 'sequence' | 'gspo-token';
