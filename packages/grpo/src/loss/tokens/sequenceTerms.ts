import { notFinite } from '../../base/assertTokens.ts';
import type { PolicyLossData } from '../../base/policyLossData.ts';
import type { PolicyLossResult } from '../../base/policyLossResult.ts';
import { type Numbers, numbersOf } from '../../base/readColumn.ts';
import {
  gridStarts,
  type TokenRows,
  tokenRows,
  trainedCount,
  trainedIn,
} from '../../base/tokenRows.ts';
import type { LossFormula } from '../objectives/lossFormula.ts';
import type { PolicyBatch } from '../objectives/policyObjective.ts';
import type { TokenLossOptions } from '../options/sharedOptions.ts';
import { type PolicyDataDefaults, readColumns, readSampled } from './readPolicyData.ts';
import { sumAt } from './sumAt.ts';

/** A loss on sequences' ratios, after `hasSequenceTerms`. */
interface SequenceLoss<O extends object> {
  name: string;
  formula: LossFormula<O>;
  /** `[B]`, the weight of a token of each row, of this call. */
  weights: Float64Array;
  accumulation: number;
}

/**
 * Whether all tokens of a sequence have one term: they share its ratio and its advantage, and nothing else enters. (What is not
 * finite is left to the general way, which names its place.)
 */
export function hasSequenceTerms(
  { fields, tokens }: { fields: PolicyLossData; tokens: TokenRows },
  options: TokenLossOptions,
  loss: PolicyDataDefaults & { ratioAlone?: boolean },
): boolean {
  const { importanceSamplingLevel: level = loss.level, logRatioClamp, convention, beta } = options;
  const { importanceWeights, tokenWeights, objectiveMask, klValues, advantages } = fields;
  const more = importanceWeights ?? tokenWeights ?? objectiveMask ?? klValues ?? logRatioClamp;
  if (!loss.ratioAlone || level !== 'sequence' || loss.againstSampler) return false;
  if (more !== undefined || convention === 'verl' || beta) return false;
  if (advantages?.length !== tokens.rows) return false;
  return numbersOf(advantages).every((advantage) => Number.isFinite(advantage));
}

/** `tokenLoss` where `hasSequenceTerms`: the formula is asked once a sequence. Equal to the general way up to rounding. */
export function sequenceTerms<O extends object>(
  { fields, tokens }: { fields: PolicyLossData; tokens: TokenRows },
  options: O & TokenLossOptions,
  { name, formula, weights, accumulation }: SequenceLoss<O>,
): PolicyLossResult {
  const { rows, starts, mask } = tokens;
  const { logprobs, oldLogprobs, entropies } = readColumns(name, fields, tokens);
  readSampled(name, fields, { tokens, againstSampler: false });
  const { means, sum: logRatios } = rowMeans([logprobs, oldLogprobs ?? logprobs], tokens);
  const batch = batchOfRows(means, numbersOf(fields.advantages), tokens);
  const zeros = () => new Float64Array(rows);
  const [losses, slopes] = [zeros(), zeros()];
  const run = formula(batch, options);
  run.terms(batch.trained, { loss: losses, dLogRatio: slopes, dLogprob: slopes, dKl: zeros() });

  const gradient = new Float64Array(mask.length);
  const perTokenLoss = new Float64Array(mask.length);
  const ratio = new Float64Array(mask.length);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    ratio.fill(batch.ratio[row]!, starts[row]!, starts[row + 1]!);
    const count = trainedIn(tokens, row);
    if (count === 0) continue;
    const from = starts[row]!;
    if (!Number.isFinite(losses[row]! + slopes[row]!)) {
      const what = `${name}: no finite loss (log ratio ${means[row]})`;
      throw notFinite(what, mask.indexOf(1, from), starts);
    }
    const weight = weights[row]! / accumulation;
    loss += count * (weight * losses[row]!);
    // A token moves the mean by 1 / count, which moves the terms of all count tokens.
    const [own, slope] = [losses[row]!, weight * slopes[row]!];
    const end = starts[row + 1]!;
    for (let i = from; i < end; i++) {
      gradient[i] = mask[i]! * slope + 0; // -0 is 0
      perTokenLoss[i] = mask[i]! * own + 0;
    }
  }
  const count = trainedCount(tokens) || 1;
  const metrics = {
    policy_loss: loss * accumulation,
    ppo_kl: (0 - logRatios) / count,
    ...(entropies && { entropy: sumAt(entropies, tokens.trained) / count }),
    ...run.metrics?.(),
  };
  return { loss, gradient, perTokenLoss, ratio, metrics };
}

/** The mean difference of each row's trained tokens, and the sum of all. */
function rowMeans([a, b]: readonly [Numbers, Numbers], tokens: TokenRows) {
  const { rows, starts, mask } = tokens;
  const means = new Float64Array(rows);
  let sum = 0;
  if (a === b) return { means, sum };
  for (let row = 0; row < rows; row++) {
    const [from, to] = [starts[row]!, starts[row + 1]!];
    let own = 0;
    for (let i = from; i < to; i++) if (mask[i] === 1) own += a[i]! - b[i]!;
    means[row] = own / (trainedIn(tokens, row) || 1);
    sum += own;
  }
  return { means, sum };
}

/** A batch in which a sequence is a token. */
function batchOfRows(logRatio: Float64Array, advantages: Numbers, tokens: TokenRows): PolicyBatch {
  const live = new Uint8Array(tokens.rows);
  for (let row = 0; row < live.length; row++) live[row] = trainedIn(tokens, row) > 0 ? 1 : 0;
  return {
    ...tokenRows(live, gridStarts(tokens.rows, 1)),
    kept: live,
    logprobs: logRatio, // the formula reads neither: it is of the ratio alone
    oldLogprobs: logRatio,
    advantages: Float64Array.from(advantages),
    perSequence: true,
    sequenceRatio: true,
    logRatio,
    tokenLogRatio: logRatio,
    ratio: logRatio.map((log) => Math.exp(log)),
    importanceWeights: undefined,
    importancePerSequence: false,
  };
}
