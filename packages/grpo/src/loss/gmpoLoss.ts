import { notFinite } from '../base/assertTokens.ts';
import { assertTotal } from '../base/assertTotal.ts';
import { refuse } from '../base/errors.ts';
import { maskedMean } from '../base/maskedMean.ts';
import type { PolicyLossData, PolicyLossInput } from '../base/policyLossData.ts';
import { onGrid } from '../base/targetAligned.ts';
import { klTerm } from './klTerm.ts';
import { type LossOptions, readLossOptions } from './lossOptions.ts';
import { clipMetrics } from './objectives/clipMetrics.ts';
import type { PolicyBatch, TokenTerm } from './objectives/policyObjective.ts';
import { PER_TOKEN, type PolicyLossResult } from './policyLossResult.ts';
import { readPolicyData } from './readPolicyData.ts';

const NAME = 'gmpoLoss';

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
export function gmpoLoss(data: PolicyLossInput, given: LossOptions<'gmpo'> = {}): PolicyLossResult {
  return onGrid(NAME, data, (grid: PolicyLossData) => lossOfGrid(grid, given), PER_TOKEN);
}

function lossOfGrid(data: PolicyLossData, given: LossOptions<'gmpo'>): PolicyLossResult {
  const options = readLossOptions(NAME, 'gmpo', given);
  const { epsilon = 0.4, epsilonHigh = epsilon, convention = 'trl' } = options;
  const { gradientAccumulationSteps = 1, numSequences, klEstimator } = options;
  const { batch, logRatio: ratioOfTokens } = readPolicyData(data, options, { name: NAME });
  const { importanceWeights, tokenWeights, entropies } = batch;
  refuse(NAME, { exactKl: klEstimator === 'exact', importanceWeights, tokenWeights });
  // TRL does not correct this loss's KL by the ratio
  const addKl = klTerm(batch, { ...options, useBiasCorrectionKl: false }, NAME);
  const { mask, kept, rows, sequenceLength, advantages, logRatio } = batch;
  const verl = convention === 'verl';
  const rowCount = numSequences ?? rows * gradientAccumulationSteps;
  assertTotal(NAME, 'numSequences', numSequences, rows);

  const gradient = new Float64Array(mask.length); // directly through the log-probs
  const ratioGradient = new Float64Array(mask.length); // through the log ratio, which `logRatioClamp` may hold
  const perTokenLoss = new Float64Array(mask.length);
  const ratio = new Float64Array(mask.length);
  const kl = new Float64Array(mask.length);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * sequenceLength;
    let [sum, count, advantageSum, trained] = [0, 0, 0, 0];
    for (let i = start; i < start + sequenceLength; i++) {
      if (mask[i] === 0) continue;
      trained++;
      if (kept[i] !== 0 || !verl) advantageSum += advantages[i]!;
      if (kept[i] === 0) continue;
      sum += clipped(i);
      count++;
    }
    const divisor = verl ? count + 1e-8 : count || 1; // verl's own guard
    const ofRow = !verl && batch.perSequence; // even of a row without a trained token
    const advantage = ofRow ? advantages[start]! : advantageSum / (verl ? divisor : trained || 1);
    if (!Number.isFinite(advantage)) throw notFinite(`${NAME}: advantages is ${advantage}`, row, 1);
    const coefficient = Math.exp(sum / divisor);
    let rowLoss = -coefficient * advantage;
    for (let i = start; i < start + sequenceLength; i++) {
      ratio[i] = coefficient;
      if (mask[i] === 0) continue;
      if (kept[i] !== 0 && clipped(i) === logRatio[i]) {
        ratioGradient[i] = (-coefficient * advantage) / divisor / rowCount;
      }
      if (addKl) {
        const out: TokenTerm = { loss: 0, dLogRatio: 0, dLogprob: 0, dKl: 0 };
        kl[i] = addKl(i, out);
        rowLoss += out.loss / trained;
        gradient[i] = out.dLogprob / trained / rowCount;
      }
    }
    if (!Number.isFinite(rowLoss)) {
      throw notFinite(`${NAME}: no finite loss (ratio ${coefficient})`, start, sequenceLength);
    }
    for (let i = start; i < start + sequenceLength; i++)
      if (mask[i] !== 0) perTokenLoss[i] = rowLoss;
    loss += rowLoss / rowCount;
  }
  ratioOfTokens.backward(ratioGradient, gradient);
  return { loss, gradient, perTokenLoss, ratio, metrics: metrics() };

  function clipped(i: number): number {
    const u = logRatio[i]!;
    const advantage = advantages[i]!;
    if (verl && advantage === 0) return 0;
    return advantage > 0 ? Math.min(u, epsilonHigh) : Math.max(u, -epsilon);
  }

  function metrics(): Record<string, number> {
    return {
      policy_loss: numSequences === undefined ? loss * gradientAccumulationSteps : loss,
      ppo_kl: -maskedMean(batch, (i) => batch.tokenLogRatio[i]!),
      ...(addKl && { kl: maskedMean(batch, (i) => kl[i]!) }),
      ...(entropies && { entropy: maskedMean(batch, (i) => entropies[i]!) }),
      ...logClipMetrics(batch, epsilon, epsilonHigh),
    };
  }
}

function logClipMetrics(batch: PolicyBatch, low: number, high: number): Record<string, number> {
  const { logRatio, advantages } = batch;
  const outside = (i: number, sign: number) => {
    const out = logRatio[i]! < -low || logRatio[i]! > high;
    return out && advantages[i]! * sign > 0 ? 1 : 0;
  };
  return {
    ...clipMetrics(batch, (i) => {
      if (advantages[i]! < 0) return logRatio[i]! < -low ? -1 : 0;
      return advantages[i]! > 0 && logRatio[i]! > high ? 1 : 0;
    }),
    'clip_ratio/outside_positive_mean': maskedMean(batch, (i) => outside(i, 1)),
    'clip_ratio/outside_negative_mean': maskedMean(batch, (i) => outside(i, -1)),
  };
}
