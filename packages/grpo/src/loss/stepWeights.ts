import { GrpoError } from '../base/errors.ts';
import { meanOver, type Reduction } from '../base/reduction.ts';
import { weightsOf } from './aggregateLoss.ts';
import type { PolicyLossOptions } from './objectives/policyLossOptions.ts';

/**
 * The weight of every token in the loss, so that calls add up to their optimiser step: a mean is over the step's total, or,
 * where no total is given, over this call and `accumulation` of them. A sum needs neither.
 */
export function stepWeights(
  name: string,
  layout: { mask: Uint8Array; sequenceLength: number },
  options: PolicyLossOptions,
  defaults: { reduction: Reduction; normalizer?: 'batch' | 'call' },
): { weights: Float64Array; accumulation: number } {
  const { reduction = defaults.reduction, maxCompletionLength: horizon } = options;
  if (reduction.endsWith('-norm') && horizon === undefined) {
    throw new GrpoError('missing', `${name}: reduction '${reduction}' needs maxCompletionLength.`);
  }
  const over = meanOver(reduction);
  const ownTokens = defaults.normalizer !== 'batch' && options.reduction === undefined; // bnpo's definition
  const { numItemsInBatch, numSequences, numLiveSequences } = options;
  const [totalName, total] = {
    tokens: () => ['numItemsInBatch', ownTokens ? undefined : numItemsInBatch] as const,
    rows: () => ['numSequences', numSequences] as const,
    'live rows': () =>
      liveTotal(name, `'${reduction}'`, ['numLiveSequences', numLiveSequences], numSequences),
    all: () => ['', undefined] as const,
  }[over ?? 'all']();
  const { mask, sequenceLength } = layout;
  const totals = { numTokens: total, numSequences: total };
  const given = { sequenceLength, reduction, horizon, ...totals };
  const weights = weightsOf(name, mask, given, totalName);
  const divided = total === undefined && over !== undefined;
  return { weights, accumulation: divided ? (options.gradientAccumulationSteps ?? 1) : 1 };
}

/** Name and value of a total over what is trained; the count of all rows does not stand in for it. */
export function liveTotal(
  name: string,
  mean: string,
  [own, total]: readonly [name: string, total: number | undefined],
  numSequences: number | undefined,
): readonly [name: string, total: number | undefined] {
  if (total === undefined && numSequences !== undefined) {
    throw new GrpoError(
      'missing',
      `${name}: ${mean} is a mean over what is trained, not over all rows: pass ${own}, of stepTotals, beside numSequences.`,
    );
  }
  return [own, total];
}
