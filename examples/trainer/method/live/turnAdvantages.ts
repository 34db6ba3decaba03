import { turnReturns } from '@molrl/grpo';
import type { Played } from './liveMethod.ts';

/** RLTF's discount of the second turn's reward in the first. */
const GAMMA = 0.1;

/** One attempt's share of the batch. */
export interface TurnAdvantage {
  /** Tokens that were sampled. */
  tokens: number;
  advantage: number;
}

/**
 * RLTF's advantages of two-turn episodes, attempt by attempt in the order of the episodes.
 *
 *     R_t = r_t + 0.1 R_{t+1}        A = R_t - mean over the group's attempts at turn t
 */
export function turnAdvantages({ episodes }: Played): TurnAdvantage[] {
  const returns = episodes.map(({ attempts, group }) => {
    const rewards = attempts.map(({ reward }) => reward);
    return { values: turnReturns(rewards, { gamma: GAMMA }), group };
  });
  const baseline = (group: number, turn: number): number => {
    const peers = returns.flatMap((own) => {
      const value = own.values[turn];
      return own.group === group && value !== undefined ? [value] : [];
    });
    return peers.reduce((sum, value) => sum + value, 0) / peers.length;
  };
  return episodes.flatMap(({ attempts, group }, i) =>
    attempts.map(({ said }, turn) => ({
      tokens: said.tokens?.ids.length ?? 0,
      advantage: returns[i]!.values[turn]! - baseline(group, turn), // one each
    })),
  );
}
