import { assertFiniteTokens, assertLength, rowsOf } from '../../base/assertTokens.ts';
import { count, nonNegative, oneOf, positive } from '../../base/checks.ts';
import { GrpoError } from '../../base/errors.ts';
import { type Mask, readMask } from '../../base/readMask.ts';
import { type OptionChecks, readOptions } from '../../base/readOptions.ts';
import { REDUCTIONS, type Reduction } from '../../base/reduction.ts';
import { gridStarts, tokenRows } from '../../base/tokenRows.ts';
import { rowWeights } from './rowWeights.ts';

export interface AggregateLossOptions {
  /** T. */
  sequenceLength: number;
  /** No default: it decides how long answers weigh against short ones. */
  reduction: Reduction;
  /** Trained tokens of the whole batch, over all micro-batches and workers. Default: those of this call. */
  numTokens?: number | undefined;
  /** Sequences of the whole batch: with a trained token, or all rows for `-all` and `token-sum-norm`. Default: of this call. */
  numSequences?: number | undefined;
  /** Fixed length of the `-norm` reductions. */
  horizon?: number | undefined;
}

const OPTIONS: OptionChecks<AggregateLossOptions> = {
  sequenceLength: count,
  reduction: /* @__PURE__ */ oneOf(REDUCTIONS),
  numTokens: nonNegative,
  numSequences: nonNegative,
  horizon: positive,
};

/**
 * Weight of each token in the loss, before any loss is known.
 *
 *     token-mean           1 / tokens                      token-sum-norm           1 / (rows * horizon)
 *     seq-mean-token-mean  1 / (sequences * own tokens)    seq-mean-token-sum       1 / sequences
 *
 * @param mask - `[B*T]`.
 * @returns `[B*T]`, 0 where masked. Weights of micro-batches add up to those of the batch when the totals are passed.
 * @throws {GrpoError} `unknown-name`, `shape`, `option`, or `missing` when a `-norm` reduction has no `horizon`.
 *
 * @example
 * lossWeights([1, 1, 1, 0], { sequenceLength: 2, reduction: 'seq-mean-token-mean' });
 * // Float64Array [0.25, 0.25, 0.5, 0]
 */
export function lossWeights(mask: Mask, options: AggregateLossOptions): Float64Array {
  return weightsUnder('lossWeights', mask, options).weights;
}

/** `lossWeights` for a caller of another name, and the mask as it was read. */
function weightsUnder(where: string, mask: Mask, given: AggregateLossOptions) {
  const options = readOptions(where, given, {
    checks: OPTIONS,
    required: ['sequenceLength', 'reduction'],
  });
  const { sequenceLength, reduction, horizon, numTokens, numSequences } = options;
  assertLength(where, { mask });
  const rows = rowsOf(where, mask.length, sequenceLength);
  const read = readMask(where, { mask }, { length: mask.length, layout: sequenceLength });
  if (reduction.endsWith('-norm') && horizon === undefined) {
    throw new GrpoError('missing', `${where}: '${reduction}' needs horizon.`);
  }
  const ofTokens = reduction === 'token-mean';
  const [totalName, total] = ofTokens ? ['numTokens', numTokens] : ['numSequences', numSequences];
  const tokens = tokenRows(read, gridStarts(rows, sequenceLength));
  const ofRows = rowWeights(where, tokens, { reduction, horizon, total, totalName });
  const weights = new Float64Array(read.length);
  for (const i of tokens.trained) weights[i] = ofRows[Math.floor(i / sequenceLength)]!;
  return { weights, mask: read };
}

/**
 * Per-token losses to one number, and the derivative of that number with respect to each of them.
 *
 *     loss = sum over tokens under the mask of weight * perTokenLoss          (weights: see `lossWeights`)
 *
 * @param perTokenLoss - `[B*T]`. Masked tokens are never read: NaN there does no harm.
 * @param mask - `[B*T]`.
 * @returns `loss`, and `weights` `[B*T]` = d loss / d perTokenLoss.
 * @throws {GrpoError} as `lossWeights`; `not-finite` for a loss that is no number.
 *
 * @example
 * aggregateLoss([1, 2, 3, 9], [1, 1, 1, 0], { sequenceLength: 2, reduction: 'seq-mean-token-mean' });
 * // { loss: 2.25, weights: Float64Array [0.25, 0.25, 0.5, 0] }
 *
 * @see Yu et al. 2025, DAPO: https://arxiv.org/abs/2503.14476
 * @see Liu et al. 2025, Dr. GRPO: https://arxiv.org/abs/2503.20783
 */
export function aggregateLoss(
  perTokenLoss: ArrayLike<number>,
  mask: Mask,
  options: AggregateLossOptions,
): { loss: number; weights: Float64Array } {
  const where = 'aggregateLoss';
  const { weights, mask: read } = weightsUnder(where, mask, options);
  assertLength(where, { perTokenLoss }, read.length);
  assertFiniteTokens(where, { perTokenLoss }, { mask: read, layout: options.sequenceLength });
  let loss = 0;
  for (let i = 0; i < weights.length; i++)
    if (weights[i] !== 0) loss += weights[i]! * perTokenLoss[i]!;
  return { loss, weights };
}
