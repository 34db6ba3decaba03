import { share } from '../base/checks.ts';
import { readOptions } from '../base/readOptions.ts';
import { backedUp, readTurnBackup, type TurnBackupData } from './turnBackup.ts';

export interface PoadOptions {
  /** Discount between turns. Inside a turn nothing is discounted: that is what makes the decomposition exact. Default 1. */
  gamma?: number | undefined;
  /** Trade between bias and variance, per token. Default 1. */
  lambda?: number | undefined;
}

/**
 * Policy optimisation with action decomposition: Bellman backup with the token as the unit inside a turn and the turn as
 * the unit between turns.
 *
 *     inside a turn:      target[t] = V[t+1]                       (no reward, no discount)
 *     last token of turn: target[t] = r[turn] + gamma V[first token of the next turn]      (0 after the last turn)
 *     delta = target - V      A[t] = delta[t] + g lambda A[next]   g = 1 inside a turn, gamma between turns
 *
 * The authors' ablation NTPO discounts every token alike: that is `gae`.
 *
 * @returns `advantages` and `returns` (advantages + values), `[B*T]`, 0 on tokens of no turn.
 * @throws {GrpoError} `shape` if the lengths do not fit, `not-finite` at a token of a turn, `option` for turns that do not rise.
 *
 * @example
 * poadAdvantages(
 *   { tokenRewards: [0, 0, 0, 1], values: [0, 0, 0, 0], turns: [0, 0, 1, 1], sequenceLength: 4 },
 *   { gamma: 0.5 },
 * ).advantages; // Float64Array [0.5, 0.5, 1, 1]
 *
 * @see Wen et al. 2024, Reinforcing LLM Agents via Policy Optimization with Action Decomposition: https://arxiv.org/abs/2405.15821
 */
export function poadAdvantages(
  data: TurnBackupData,
  options: PoadOptions = {},
): { advantages: Float64Array; returns: Float64Array } {
  const { gamma = 1, lambda = 1 } = readOptions<PoadOptions>('poadAdvantages', options, {
    checks: {
      gamma: share,
      lambda: share,
    },
  });
  const backup = readTurnBackup('poadAdvantages', data);
  const { values, rows } = backup;
  const advantages = new Float64Array(values.length);
  const returns = new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    let run = 0;
    for (const { i, discount, target } of backedUp(backup, { row, gamma })) {
      run = target - values[i]! + discount * lambda * run;
      advantages[i] = run;
      returns[i] = run + values[i]!;
    }
  }
  return { advantages, returns };
}
