import { assertTotal } from '../../base/assertTotal.ts';
import { aboveOne, nonNegative, oneOf } from '../../base/checks.ts';
import { refuse } from '../../base/errors.ts';
import { onRows } from '../../base/onRows.ts';
import { REQUIRED } from '../../base/policyFields.ts';
import type { PolicyLossData, PolicyLossInput } from '../../base/policyLossData.ts';
import { PER_TOKEN, type PolicyLossResult } from '../../base/policyLossResult.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import type { TokenRows } from '../../base/tokenRows.ts';
import { tokensOfTurns } from '../../base/tokensOfTurns.ts';
import { readLossOptions } from '../options/readLossOptions.ts';
import { SHARED_OPTIONS, type SharedOptions } from '../options/sharedOptions.ts';
import { liveTotal } from '../reduction/stepWeights.ts';
import { readPolicyData } from '../tokens/readPolicyData.ts';

const NAME = 'turnRatioLoss';

/** The log ratio is held to at most this before exp (ReMA). */
const LOG_RATIO_CAP = 3;

export interface TurnRatioOptions extends SharedOptions {
  /** Ratios below 1 - epsilon are clipped. Default 0.2. */
  epsilon?: number | undefined;
  /** Ratios above 1 + epsilonHigh are clipped. Default `epsilon`. */
  epsilonHigh?: number | undefined;
  /** For a negative advantage the loss is at most -A * dualClip. Default 3. */
  dualClip?: number | undefined;
  /** Mean of the turn's ratio. Default `'geometric'`. */
  turnRatio?: 'geometric' | 'arithmetic' | undefined;
  /** What is averaged over: turns within a trajectory first, or all turns alike. Default `'trajectory'`. */
  turnAggregation?: 'trajectory' | 'turn' | undefined;
}

const TURN_RATIO_OPTIONS: OptionChecks<TurnRatioOptions> = /* @__PURE__ */ (() => ({
  epsilon: nonNegative,
  epsilonHigh: nonNegative,
  dualClip: aboveOne,
  turnRatio: oneOf(['geometric', 'arithmetic']),
  turnAggregation: oneOf(['trajectory', 'turn']),
  ...SHARED_OPTIONS,
}))();

/** One turn of one sequence, after the loss: what it contributed. */
export interface TurnLoss {
  sequence: number;
  turn: number;
  ratio: number;
  advantage: number;
  loss: number;
}

/**
 * ReMA's turn-level ratio: the turn is the action, so its tokens share one ratio, one advantage (their mean) and one clip.
 *
 *     geometric:  r = exp(min(mean_t u[t], 3))        arithmetic:  r = mean_t exp(min(u[t], 3))        u = log ratio
 *     loss of a turn = max(-A r, -A clip(r, 1 - epsilon, 1 + epsilonHigh)),  A < 0: at most -A * dualClip
 *     `'trajectory'`: mean over each sequence's turns, then over sequences that have one;  `'turn'`: mean over all turns
 *
 * The means count turns with a trained token, whether or not `objectiveMask` drops them.
 *
 * One turn of all tokens is the sequence ratio; turns of one token are the token ratio.
 *
 * @param data - needs `turns`: the turn number of each token, -1 = not written by the policy.
 * @returns the usual result, and `turns`, one entry per turn.
 * @throws {GrpoError} `missing` without `turns`; `option` for weights and options of other losses; otherwise as `surrogateLoss`.
 *
 * @example
 * const data = { logprobs: [-1, -2], oldLogprobs: [-1, -2], advantages: [1], completionMask: [1, 1], sequenceLength: 2 };
 * turnRatioLoss({ ...data, turns: [0, 0] }).gradient; // Float64Array [-0.5, -0.5]
 *
 * @see Wan et al. 2025, ReMA: https://arxiv.org/abs/2503.09501
 */
export function turnRatioLoss(
  data: PolicyLossInput,
  given: TurnRatioOptions = {},
): TurnRatioResult {
  const run = (fields: PolicyLossData, tokens: TokenRows) => lossOfRows({ fields, tokens }, given);
  const laidOut = { where: NAME, required: REQUIRED, perToken: PER_TOKEN, run };
  return onRows<PolicyLossData, TurnRatioResult>(data, laidOut);
}

type TurnRatioResult = PolicyLossResult & { turns: TurnLoss[] };

function lossOfRows(
  data: { fields: PolicyLossData; tokens: TokenRows },
  given: TurnRatioOptions,
): TurnRatioResult {
  const options = readLossOptions(NAME, given, TURN_RATIO_OPTIONS);
  const { epsilon = 0.2, epsilonHigh = epsilon, dualClip = 3 } = options;
  const { turnRatio = 'geometric' } = options;
  const { batch, logRatio: ratioOfTokens } = readPolicyData(data, options, { name: NAME });
  const { importanceWeights, tokenWeights } = batch;
  refuse(NAME, { importanceWeights, tokenWeights });
  const { logRatio, kept } = batch;
  const geometric = turnRatio === 'geometric';
  const groups = tokensOfTurns(NAME, batch.turns, batch);
  const weightOf = turnWeights(groups, options);

  const ratioGradient = new Float64Array(logRatio.length);
  const perTokenLoss = new Float64Array(logRatio.length);
  const ratio = new Float64Array(logRatio.length);
  const turns: TurnLoss[] = [];
  let total = 0;
  for (const { sequence, turn, tokens: trained } of groups) {
    const tokens = trained.filter((i) => kept[i] !== 0);
    if (tokens.length === 0) continue; // dropped from the objective, still in the denominator
    const mean = (value: (i: number) => number) =>
      tokens.reduce((sum, i) => sum + value(i), 0) / tokens.length;
    const meanLog = mean((i) => logRatio[i]!);
    const r = geometric
      ? Math.exp(Math.min(LOG_RATIO_CAP, meanLog))
      : mean((i) => Math.exp(Math.min(LOG_RATIO_CAP, logRatio[i]!)));
    const advantage = mean((i) => batch.advantages[i]!);
    const bounded = Math.min(1 + epsilonHigh, Math.max(1 - epsilon, r));
    let loss = Math.max(-advantage * r, -advantage * bounded);
    let slope = -advantage * r >= -advantage * bounded ? -advantage : 0; // d loss / d r
    if (advantage < 0 && loss > -advantage * dualClip) [loss, slope] = [-advantage * dualClip, 0];

    const weight = weightOf(sequence);
    total += weight * loss;
    turns.push({ sequence, turn, ratio: r, advantage, loss });
    for (const i of tokens) {
      const capped = (geometric ? meanLog : logRatio[i]!) > LOG_RATIO_CAP;
      const own = geometric ? r : Math.exp(logRatio[i]!);
      ratioGradient[i] = capped ? 0 : (weight * slope * own) / tokens.length;
      perTokenLoss[i] = loss;
      ratio[i] = r;
    }
  }
  const gradient = new Float64Array(logRatio.length);
  ratioOfTokens.backward(ratioGradient, gradient); // none where `logRatioClamp` holds the log ratio
  const clippedTurns = turns.filter(({ ratio: r, advantage }) =>
    advantage > 0 ? r > 1 + epsilonHigh : advantage < 0 && r < 1 - epsilon,
  );
  const metrics = { 'clip_ratio/region_mean': clippedTurns.length / (turns.length || 1) };
  return { loss: total, gradient, perTokenLoss, ratio, metrics, turns };
}

/** The weight of a turn in the loss: 1 / turns, or 1 / (turns of its row * rows); `totals` are the step's. */
function turnWeights(
  turns: readonly { sequence: number }[],
  options: TurnRatioOptions,
): (sequence: number) => number {
  const { turnAggregation = 'trajectory', gradientAccumulationSteps = 1 } = options;
  const { numTurns, numTurnSequences, numSequences } = options;
  const perSequence = new Map<number, number>();
  for (const { sequence } of turns) perSequence.set(sequence, (perSequence.get(sequence) ?? 0) + 1);
  const allAlike = turnAggregation === 'turn';
  const [totalName, total] = liveTotal(
    `${NAME}: '${turnAggregation}'`,
    allAlike ? ['numTurns', numTurns] : ['numTurnSequences', numTurnSequences],
    numSequences,
  );
  const divisor = total ?? gradientAccumulationSteps * (allAlike ? turns.length : perSequence.size);
  assertTotal(`${NAME}: ${totalName}`, total, turns.length);
  return (sequence) => 1 / divisor / (allAlike ? 1 : perSequence.get(sequence)!);
}
