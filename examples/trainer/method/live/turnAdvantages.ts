import { turnReturns } from '@molrl/grpo';
import type { DialogueEpisode } from './episodes.ts';
import { type Played, siblingsOf } from './liveMethod.ts';

/** RLTF's discount of the second turn's reward in the first. */
const GAMMA = 0.1;

/**
 * RLTF's advantages of two-turn episodes, of each attempt of each episode; with another `gamma` those of IM-RAG's searches.
 *
 *     R_t = r_t + gamma R_{t+1}        A = R_t - mean over the group's attempts at turn t
 *
 * An episode that ended without a score has 0 and is in no mean.
 */
export function turnAdvantages(
  played: Pick<Played, 'episodes'>,
  gamma: number = GAMMA,
): number[][] {
  return played.episodes.map((episode) => {
    const own = returnsOf(episode, gamma);
    if (!own) return episode.attempts.map(() => 0);
    const group = siblingsOf(played, episode).map((sibling) => returnsOf(sibling, gamma));
    return Array.from(own, (value, turn) => {
      const peers = group.flatMap((returns) => returns?.[turn] ?? []);
      return value - peers.reduce((sum, peer) => sum + peer, 0) / peers.length; // it is one of them
    });
  });
}

function returnsOf({ attempts }: DialogueEpisode, gamma: number): Float64Array | undefined {
  const rewards = attempts.flatMap(({ reward }) => reward ?? []);
  return rewards.length < attempts.length ? undefined : turnReturns(rewards, { gamma });
}
