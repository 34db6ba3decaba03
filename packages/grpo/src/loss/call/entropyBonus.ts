import { assertTotal } from '../../base/assertTotal.ts';
import { count } from '../../base/checks.ts';
import type { PolicyLossResult } from '../../base/policyLossResult.ts';
import { countOf } from '../../base/readMask.ts';
import { readOptions } from '../../base/readOptions.ts';
import { type StepTotals, TOTALS } from '../options/sharedOptions.ts';

/** The coefficient, and the options that say over what the bonus is a mean. */
type EntropyOptions = StepTotals & {
  entropyCoef: number;
  gradientAccumulationSteps?: number | undefined;
};

/**
 * loss -= entropyCoef * mean entropy of the chosen tokens (all trained ones, or those of the entropy mask).
 *
 *     with the step's total: entropyCoef * trained / total * mean, so that calls add up;  else TRL's rule: entropyCoef / accumulation steps * mean
 */
export function withEntropyBonus(
  result: PolicyLossResult,
  tokens: { entropies: ArrayLike<number>; trained: Uint8Array; chosen: Uint8Array },
  options: EntropyOptions,
): PolicyLossResult {
  const { entropies, trained, chosen } = tokens;
  const slope =
    (-options.entropyCoef * shareOfStep(countOf(trained), options)) / (countOf(chosen) || 1);
  const entropyGradient = Float64Array.from(chosen, (keep) => (keep === 0 ? 0 : slope));
  let bonus = 0;
  for (let i = 0; i < chosen.length; i++) if (chosen[i] !== 0) bonus += slope * entropies[i]!;
  return { ...result, loss: result.loss + bonus, entropyGradient };
}

/** The share of this call in the optimiser step's mean. */
function shareOfStep(trained: number, options: EntropyOptions): number {
  const { gradientAccumulationSteps, numItemsInBatch, numEntropyTokens } = readOptions(
    'policyLoss',
    {
      gradientAccumulationSteps: options.gradientAccumulationSteps,
      numItemsInBatch: options.numItemsInBatch,
      numEntropyTokens: options.numEntropyTokens,
    },
    {
      checks: {
        gradientAccumulationSteps: count,
        numItemsInBatch: TOTALS.numItemsInBatch,
        numEntropyTokens: TOTALS.numEntropyTokens,
      },
    },
  );
  const ofStep = gradientAccumulationSteps === undefined ? numItemsInBatch : undefined;
  const total = numEntropyTokens ?? ofStep;
  if (total === undefined) return 1 / (gradientAccumulationSteps ?? 1);
  const totalName = numEntropyTokens === undefined ? 'numItemsInBatch' : 'numEntropyTokens';
  assertTotal(`policyLoss: ${totalName}`, total, trained);
  return trained === 0 ? 0 : trained / total;
}
