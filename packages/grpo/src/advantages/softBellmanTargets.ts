import { share } from '../base/checks.ts';
import { readOptions } from '../base/readOptions.ts';
import { backedUp, readTurnBackup, type TurnBackupData } from './turnBackup.ts';

export interface SoftBellmanOptions {
  /** Discount between turns. Default 1; the authors use 0.99. */
  gamma?: number | undefined;
}

/**
 * ETPO's targets of a token-level Q, from the soft values (`softValues`) of what stands before each token.
 *
 *     inside a turn:      y[t] = V[t+1]                        (no reward, no discount)
 *     last token of turn: y[t] = r[turn] + gamma V[first token of the next turn]      (0 after the last turn)
 *
 * Because nothing is discounted inside a turn, the optimal policy over tokens is the optimal policy over whole turns. An
 * episode that was cut counts as ended.
 *
 * @param data - `values`: soft values under the target network.
 * @returns `[B*T]`, what Q of the token is to become; 0 on tokens of no turn.
 * @throws {GrpoError} as `poadAdvantages`.
 *
 * @example
 * softBellmanTargets(
 *   { tokenRewards: [0, 0, 0, 1], values: [0.1, 0.2, 0.3, 0.4], turns: [0, 0, 1, 1], sequenceLength: 4 },
 *   { gamma: 0.5 },
 * ); // Float64Array [0.2, 0.15, 0.4, 1]
 *
 * @see Wen et al. 2024, Entropy-Regularized Token-Level Policy Optimization: https://arxiv.org/abs/2402.06700
 */
export function softBellmanTargets(
  data: TurnBackupData,
  options: SoftBellmanOptions = {},
): Float64Array {
  const where = 'softBellmanTargets';
  const checks = { gamma: share };
  const { gamma = 1 } = readOptions<SoftBellmanOptions>(where, options, { checks });
  const backup = readTurnBackup(where, data);
  const targets = new Float64Array(backup.values.length);
  for (let row = 0; row < backup.rows; row++) {
    for (const { i, target } of backedUp(backup, { row, gamma })) targets[i] = target;
  }
  return targets;
}
