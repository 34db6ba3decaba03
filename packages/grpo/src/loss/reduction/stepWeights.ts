import { GrpoError } from '../../base/errors.ts';
import { meanOver, type Reduction } from '../../base/reduction.ts';
import type { TokenRows } from '../../base/tokenRows.ts';
import type { TokenLossOptions } from '../options/sharedOptions.ts';
import { rowWeights } from './rowWeights.ts';

/** What a loss fixes of its mean. */
interface LossMean {
  name: string;
  reduction: Reduction;
  normalizer?: 'batch' | 'call';
}

/**
 * The weight of a token of each row in the loss, so that calls add up to their optimiser step: a mean is over the step's
 * total, or, where no total is given, over this call and `accumulation` of them. A sum needs neither.
 */
export function stepWeights(
  tokens: TokenRows,
  options: TokenLossOptions,
  loss: LossMean,
): { weights: Float64Array; accumulation: number } {
  const { name } = loss;
  const { reduction = loss.reduction, maxCompletionLength: horizon } = options;
  if (reduction.endsWith('-norm') && horizon === undefined) {
    throw new GrpoError('missing', `${name}: reduction '${reduction}' needs maxCompletionLength.`);
  }
  const over = meanOver(reduction);
  const ownTokens = loss.normalizer !== 'batch' && options.reduction === undefined; // bnpo's definition
  const { numItemsInBatch, numSequences, numLiveSequences } = options;
  const [totalName, total] = {
    tokens: () => ['numItemsInBatch', ownTokens ? undefined : numItemsInBatch] as const,
    rows: () => ['numSequences', numSequences] as const,
    'live rows': () =>
      liveTotal(`${name}: '${reduction}'`, ['numLiveSequences', numLiveSequences], numSequences),
    all: () => ['', undefined] as const,
  }[over ?? 'all']();
  const weights = rowWeights(name, tokens, { reduction, horizon, total, totalName });
  const divided = total === undefined && over !== undefined;
  return { weights, accumulation: divided ? (options.gradientAccumulationSteps ?? 1) : 1 };
}

/** Name and value of a total over what is trained; the count of all rows does not stand in for it. */
export function liveTotal(
  mean: string,
  [own, total]: readonly [name: string, total: number | undefined],
  numSequences: number | undefined,
): readonly [name: string, total: number | undefined] {
  if (total === undefined && numSequences !== undefined) {
    throw new GrpoError(
      'missing',
      `${mean} is a mean over what is trained, not over all rows: pass ${own}, of stepTotals, beside numSequences.`,
    );
  }
  return [own, total];
}
