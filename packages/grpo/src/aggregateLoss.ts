import { assertLength, rowsOf } from './assertTokens.ts';
import { GrpoError } from './errors.ts';

/**
 * How per-token losses become one number. In brackets what TRL calls it.
 * `token-mean` (`dapo`, `bnpo`), `token-sum`, `seq-mean-token-mean`, `seq-mean-token-mean-all` (`grpo`),
 * `seq-mean-token-sum` , `seq-mean-token-sum-all` (`luspo`), `seq-mean-token-sum-norm`, `token-sum-norm` (`dr_grpo`).
 * Without `-all`, fully masked sequences are not counted (verl); with it every row counts (TRL).
 */
export type Reduction =
  | 'token-mean'
  | 'token-sum'
  | 'token-sum-norm'
  | 'seq-mean-token-mean'
  | 'seq-mean-token-mean-all'
  | 'seq-mean-token-sum'
  | 'seq-mean-token-sum-all'
  | 'seq-mean-token-sum-norm';

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

/**
 * Weight of each token in the loss, before any loss is known.
 *
 *     token-mean           1 / tokens                      token-sum-norm           1 / (rows * horizon)
 *     seq-mean-token-mean  1 / (sequences * own tokens)    seq-mean-token-sum       1 / sequences
 *
 * @param mask - `[B*T]`, 0/1.
 * @returns `[B*T]`, 0 where masked. Weights of micro-batches add up to those of the batch when the totals are passed.
 * @throws {GrpoError} `unknown-name`, `shape`, or `missing` when a `-norm` reduction has no `horizon`.
 *
 * @example
 * lossWeights([1, 1, 1, 0], { sequenceLength: 2, reduction: 'seq-mean-token-mean' });
 * // Float64Array [0.25, 0.25, 0.5, 0]
 */
export function lossWeights(mask: ArrayLike<number>, options: AggregateLossOptions): Float64Array {
  const { sequenceLength, reduction, numTokens, numSequences, horizon } = options;
  const rows = rowsOf('lossWeights', mask.length, sequenceLength);
  const counts = new Float64Array(rows);
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== 0) counts[Math.floor(i / sequenceLength)]! += 1;
  }
  const tokens = numTokens ?? counts.reduce((sum, count) => sum + count, 0);
  const live = numSequences ?? counts.filter(Boolean).length;
  const all = numSequences ?? rows;
  if (reduction.endsWith('-norm') && !((horizon ?? 0) > 0)) {
    throw new GrpoError(
      'missing',
      `lossWeights: '${reduction}' needs maxCompletionLength, got ${horizon}.`,
    );
  }
  const divisors: Record<Reduction, number> = {
    'token-mean': tokens,
    'token-sum': 1,
    'token-sum-norm': all * horizon!,
    'seq-mean-token-mean': live,
    'seq-mean-token-mean-all': all,
    'seq-mean-token-sum': live,
    'seq-mean-token-sum-all': all,
    'seq-mean-token-sum-norm': live * horizon!,
  };
  const divisor = divisors[reduction];
  if (divisor === undefined) {
    const known = Object.keys(divisors).join(', ');
    throw new GrpoError(
      'unknown-name',
      `lossWeights: unknown reduction '${reduction}'. Known: ${known}.`,
    );
  }
  const ownMean = reduction.startsWith('seq-mean-token-mean');
  const weights = new Float64Array(mask.length);
  for (let row = 0; row < rows; row++) {
    const weight = 1 / (divisor || 1) / (ownMean ? counts[row]! : 1);
    for (let i = row * sequenceLength; i < (row + 1) * sequenceLength; i++) {
      if (mask[i] !== 0) weights[i] = weight;
    }
  }
  return weights;
}

/**
 * Per-token losses to one number, and the derivative of that number with respect to each of them.
 *
 *     loss = sum over tokens with mask != 0 of weight * perTokenLoss          (weights: see `lossWeights`)
 *
 * @param perTokenLoss - `[B*T]`. Masked tokens are never read: NaN there does no harm.
 * @param mask - `[B*T]`, 0/1.
 * @returns `loss`, and `weights` `[B*T]` = d loss / d perTokenLoss.
 * @throws {GrpoError} as `lossWeights`.
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
  mask: ArrayLike<number>,
  options: AggregateLossOptions,
): { loss: number; weights: Float64Array } {
  assertLength('aggregateLoss', 'mask', mask, perTokenLoss.length);
  const weights = lossWeights(mask, options);
  let loss = 0;
  for (let i = 0; i < weights.length; i++)
    if (weights[i] !== 0) loss += weights[i]! * perTokenLoss[i]!;
  return { loss, weights };
}
