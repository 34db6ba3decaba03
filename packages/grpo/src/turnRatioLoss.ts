import { assertLength } from './assertTokens.ts';
import { GrpoError, refuse } from './errors.ts';
import type { PolicyLossData, PolicyLossOptions, PolicyLossResult } from './policyLossTypes.ts';
import { readPolicyData } from './readPolicyData.ts';

/** The log ratio is held to at most this before exp (ReMA). */
const LOG_RATIO_CAP = 3;

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
 * One turn of all tokens is the sequence ratio; turns of one token are the token ratio.
 *
 * @param data - needs `turns`: the turn number of each token, -1 = not written by the policy.
 * @returns the usual result, and `turns`, one entry per turn.
 * @throws {GrpoError} `missing` without `turns`; `option` for weights, a `reduction` or `beta`; otherwise as `surrogateLoss`.
 *
 * @example
 * const data = { logprobs: [-1, -2], oldLogprobs: [-1, -2], advantages: [1], completionMask: [1, 1], sequenceLength: 2 };
 * turnRatioLoss({ ...data, turns: [0, 0] }).gradient; // Float64Array [-0.5, -0.5]
 *
 * @see Wan et al. 2025, ReMA: https://arxiv.org/abs/2503.09501
 */
export function turnRatioLoss(
  data: PolicyLossData,
  options: PolicyLossOptions = {},
): PolicyLossResult & { turns: TurnLoss[] } {
  const { epsilon = 0.2, epsilonHigh = epsilon, dualClip = 3 } = options;
  const { turnRatio = 'geometric', turnAggregation = 'trajectory', numSequences } = options;
  const { beta, reduction } = options;
  const { importanceWeights, tokenWeights } = data;
  refuse('turnRatioLoss', { beta, reduction, importanceWeights, tokenWeights });
  const { batch } = readPolicyData(data, options, { name: 'turnRatioLoss' });
  if (!data.turns) {
    throw new GrpoError('missing', 'turnRatioLoss: needs turns, the turn number of each token.');
  }
  assertLength('turnRatioLoss', 'turns', data.turns, batch.mask.length);
  const { logRatio } = batch;
  const geometric = turnRatio === 'geometric';
  const trained = Float64Array.from(batch.mask, (keep, i) => keep * (data.objectiveMask?.[i] ?? 1));
  const groups = tokensOfTurns(data.turns, trained, batch.sequenceLength);
  const perSequence = new Map<number, number>();
  for (const { sequence } of groups)
    perSequence.set(sequence, (perSequence.get(sequence) ?? 0) + 1);

  const gradient = new Float64Array(logRatio.length);
  const perTokenLoss = new Float64Array(logRatio.length);
  const ratio = new Float64Array(logRatio.length);
  const turns: TurnLoss[] = [];
  let total = 0;
  for (const { sequence, turn, tokens } of groups) {
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

    const weight =
      turnAggregation === 'turn'
        ? 1 / (numSequences ?? groups.length)
        : 1 / perSequence.get(sequence)! / (numSequences ?? perSequence.size);
    total += weight * loss;
    turns.push({ sequence, turn, ratio: r, advantage, loss });
    for (const i of tokens) {
      const capped = (geometric ? meanLog : logRatio[i]!) > LOG_RATIO_CAP;
      const own = geometric ? r : Math.exp(logRatio[i]!);
      gradient[i] = capped ? 0 : (weight * slope * own) / tokens.length;
      perTokenLoss[i] = loss;
      ratio[i] = r;
    }
  }
  const clippedTurns = turns.filter(({ ratio: r, advantage }) =>
    advantage > 0 ? r > 1 + epsilonHigh : advantage < 0 && r < 1 - epsilon,
  );
  const metrics = { 'clip_ratio/region_mean': clippedTurns.length / (turns.length || 1) };
  return { loss: total, gradient, perTokenLoss, ratio, metrics, turns };
}

interface TurnTokens {
  sequence: number;
  turn: number;
  tokens: number[];
}

/** The trained tokens of every turn, by sequence and turn number. */
function tokensOfTurns(
  turns: ArrayLike<number>,
  mask: ArrayLike<number>,
  sequenceLength: number,
): TurnTokens[] {
  const found = new Map<number, TurnTokens>();
  const most = Array.from(turns).reduce((a, b) => Math.max(a, b), 0) + 1;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0 || turns[i]! < 0) continue;
    const [sequence, turn] = [Math.floor(i / sequenceLength), turns[i]!];
    const key = sequence * most + turn;
    const entry = found.get(key) ?? { sequence, turn, tokens: [] };
    entry.tokens.push(i);
    found.set(key, entry);
  }
  return [...found].sort(([a], [b]) => a - b).map(([, entry]) => entry);
}
