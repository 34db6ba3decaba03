import type { Trajectory } from '@molrl/ef-env';
import { askedIn, saidIn } from '../method/episodeText.ts';

/** A line of completions.jsonl. */
export interface CompletionRow {
  step: number;
  prompt: string;
  completion: string;
  reward: number | null;
  advantage: number;
  stop: string;
  /** As sampled, with the sampler's log-prob of each. */
  ids: number[];
  logprobs: number[];
}

/** Groups of each update that are kept. */
const GROUPS = 2;

/** A few completions of an update, with all that a reader needs to see what the loss saw. */
export function completionRows(update: {
  step: number;
  trajectories: readonly Trajectory[];
  advantages: ArrayLike<number>;
  numGenerations: number;
}): CompletionRow[] {
  const { step, trajectories, advantages, numGenerations } = update;
  return trajectories.slice(0, GROUPS * numGenerations).map((episode, i) => {
    const { segments, reward, stop } = episode;
    const tokens = segments.findLast(({ kind }) => kind === 'policy')?.tokens;
    return {
      ...{ step, prompt: askedIn(episode), completion: saidIn(episode) },
      ...{ reward, advantage: advantages[i]!, stop }, // one per trajectory
      ids: Array.from(tokens?.ids ?? []),
      logprobs: Array.from(tokens?.logprobs ?? []),
    };
  });
}
