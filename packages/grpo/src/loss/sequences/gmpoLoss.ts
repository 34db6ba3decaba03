import { notFinite } from '../../base/assertTokens.ts';
import { assertTotal } from '../../base/assertTotal.ts';
import { nonNegative } from '../../base/checks.ts';
import { refuse } from '../../base/errors.ts';
import { maskedMean } from '../../base/maskedMean.ts';
import { onRows } from '../../base/onRows.ts';
import { REQUIRED } from '../../base/policyFields.ts';
import type { PolicyLossData, PolicyLossInput } from '../../base/policyLossData.ts';
import { PER_TOKEN, type PolicyLossResult } from '../../base/policyLossResult.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import { type TokenRows, trainedIn } from '../../base/tokenRows.ts';
import { clipMetrics } from '../objectives/clipMetrics.ts';
import type { TokenTerms } from '../objectives/lossFormula.ts';
import type { PolicyBatch } from '../objectives/policyObjective.ts';
import { readLossOptions } from '../options/readLossOptions.ts';
import {
  KL_OPTIONS,
  type KlOptions,
  SHARED_OPTIONS,
  type SharedOptions,
} from '../options/sharedOptions.ts';
import { addKl } from '../tokens/addKl.ts';
import { readPolicyData } from '../tokens/readPolicyData.ts';

const NAME = 'gmpoLoss';

export interface GmpoOptions extends Omit<KlOptions, 'klEstimator'>, SharedOptions {
  /** See the other losses; an exact KL has no place in the geometric mean. */
  klEstimator?: Exclude<KlOptions['klEstimator'], 'exact'>;
  /** Log ratios below -epsilon are clipped. Default 0.4. */
  epsilon?: number | undefined;
  /** Log ratios above epsilonHigh are clipped. Default `epsilon`. */
  epsilonHigh?: number | undefined;
}

const GMPO_OPTIONS: OptionChecks<GmpoOptions> = /* @__PURE__ */ (() => ({
  epsilon: nonNegative,
  epsilonHigh: nonNegative,
  ...KL_OPTIONS,
  ...SHARED_OPTIONS,
}))();

/**
 * Geometric-mean policy optimisation: one ratio per sequence, the geometric mean of token ratios that are clipped in log
 * space on the side where the advantage would push them out.
 *
 *     x[t]   = A > 0: min(u, clip(u, -epsilon, epsilonHigh))   else: max(u, clip(u, ...))        u = log ratio
 *     loss_b = -exp(mean_t x[t]) * A + beta * mean_t KL          loss = mean over all B rows
 *
 * `'trl'`: a row without a trained token counts with ratio 1. `'verl'`: it counts as 0, A is the mean over the row's tokens,
 * and the clip looks at each token's own A. Advantages per token (TRL has none here) are averaged over the row under both.
 *
 * @throws {GrpoError} as `surrogateLoss`; `option` for weights of tokens or sequences, or the exact KL.
 *
 * @example
 * const data = { logprobs: [-1, -2], oldLogprobs: [-1, -2], advantages: [1], completionMask: [1, 1], sequenceLength: 2 };
 * gmpoLoss(data).gradient; // Float64Array [-0.5, -0.5]
 *
 * @see Zhao et al. 2025, GMPO: https://arxiv.org/abs/2507.20673
 */
export function gmpoLoss(data: PolicyLossInput, given: GmpoOptions = {}): PolicyLossResult {
  const run = (fields: PolicyLossData, tokens: TokenRows) => lossOfRows({ fields, tokens }, given);
  const laidOut = { where: NAME, required: REQUIRED, perToken: PER_TOKEN, run };
  return onRows<PolicyLossData, PolicyLossResult>(data, laidOut);
}

function lossOfRows(
  data: { fields: PolicyLossData; tokens: TokenRows },
  given: GmpoOptions,
): PolicyLossResult {
  const options = readLossOptions(NAME, given, GMPO_OPTIONS);
  const { epsilon = 0.4, epsilonHigh = epsilon, convention = 'trl' } = options;
  const { gradientAccumulationSteps = 1, numSequences, klEstimator } = options;
  const { batch, logRatio: ratioOfTokens } = readPolicyData(data, options, { name: NAME });
  const { importanceWeights, tokenWeights, entropies } = batch;
  const exactKl = (klEstimator as unknown) === 'exact'; // of a caller without types
  refuse(NAME, { exactKl, importanceWeights, tokenWeights });
  const { mask, kept, rows, starts, trained, trainedStarts, advantages, logRatio } = batch;
  const size = mask.length;
  const zeros = () => new Float64Array(size);
  const terms: TokenTerms = { loss: zeros(), dLogRatio: zeros(), dLogprob: zeros(), dKl: zeros() };
  // TRL does not correct this loss's KL by the ratio
  const klMean = addKl(terms, batch, { ...options, useBiasCorrectionKl: false, name: NAME });
  const verl = convention === 'verl';
  const rowCount = numSequences ?? rows * gradientAccumulationSteps;
  assertTotal(`${NAME}: numSequences`, numSequences, rows);

  const { loss: perTokenLoss, dLogRatio, dLogprob: gradient } = terms; // of the KL so far
  const ratio = new Float64Array(size);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const [from, to] = [trainedStarts[row]!, trainedStarts[row + 1]!];
    const own = trainedIn(batch, row);
    let [sum, count, advantageSum] = [0, 0, 0];
    for (let k = from; k < to; k++) {
      const i = trained[k]!;
      if (kept[i] !== 0 || !verl) advantageSum += advantages[i]!;
      if (kept[i] === 0) continue;
      sum += clipped(i);
      count++;
    }
    const divisor = verl ? count + 1e-8 : count || 1; // verl's own guard
    const ofRow = !verl && batch.perSequence; // even of a row without a trained token
    const advantage = ofRow
      ? advantages[starts[row]!]!
      : advantageSum / (verl ? divisor : own || 1);
    if (!Number.isFinite(advantage)) throw notFinite(`${NAME}: advantages is ${advantage}`, row, 1);
    const coefficient = Math.exp(sum / divisor);
    ratio.fill(coefficient, starts[row]!, starts[row + 1]!);
    let rowLoss = -coefficient * advantage;
    for (let k = from; k < to; k++) {
      const i = trained[k]!;
      if (kept[i] !== 0 && clipped(i) === logRatio[i]) {
        dLogRatio[i] = (-coefficient * advantage) / divisor / rowCount;
      }
      if (klMean === undefined) continue;
      rowLoss += perTokenLoss[i]! / own;
      gradient[i] = gradient[i]! / own / rowCount;
    }
    if (!Number.isFinite(rowLoss)) {
      throw notFinite(`${NAME}: no finite loss (ratio ${coefficient})`, starts[row]!, starts);
    }
    for (let k = from; k < to; k++) perTokenLoss[trained[k]!] = rowLoss;
    loss += rowLoss / rowCount;
  }
  ratioOfTokens.backward(dLogRatio, gradient); // none where `logRatioClamp` holds the log ratio
  const metrics = {
    policy_loss: numSequences === undefined ? loss * gradientAccumulationSteps : loss,
    ppo_kl: -maskedMean(batch, (i) => batch.tokenLogRatio[i]!),
    ...(klMean !== undefined && { kl: klMean }),
    ...(entropies && { entropy: maskedMean(batch, (i) => entropies[i]!) }),
    ...logClipMetrics(batch, epsilon, epsilonHigh),
  };
  return { loss, gradient, perTokenLoss, ratio, metrics };

  function clipped(i: number): number {
    const u = logRatio[i]!;
    const advantage = advantages[i]!;
    if (verl && advantage === 0) return 0;
    return advantage > 0 ? Math.min(u, epsilonHigh) : Math.max(u, -epsilon);
  }
}

function logClipMetrics(batch: PolicyBatch, low: number, high: number): Record<string, number> {
  const { logRatio, advantages } = batch;
  const outside = (i: number, sign: number) => {
    const out = logRatio[i]! < -low || logRatio[i]! > high;
    return out && advantages[i]! * sign > 0 ? 1 : 0;
  };
  return {
    ...clipMetrics(batch, logRatio, { low: -low, high }),
    'clip_ratio/outside_positive_mean': maskedMean(batch, (i) => outside(i, 1)),
    'clip_ratio/outside_negative_mean': maskedMean(batch, (i) => outside(i, -1)),
  };
}
