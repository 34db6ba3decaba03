import { groupAdvantages } from '@molrl/grpo';
import type { DialogueEpisode } from './episodes.ts';
import type { Played } from './liveMethod.ts';

/** GRPO's advantages by one reward of each episode: one that was not scored has 0 and leaves its group's mean. */
export const episodeAdvantages = (
  { episodes }: Pick<Played, 'episodes'>,
  rewardOf: (episode: DialogueEpisode) => number | null,
): Float64Array =>
  groupAdvantages(episodes.map(rewardOf), { groupIds: episodes.map(({ group }) => group) });

/** Of the attempt that saw no feedback. */
export const firstReward = ({ attempts }: DialogueEpisode): number | null => attempts[0]!.reward; // episodes have one

/** Of the attempt that the episode ended with. */
export const lastReward = ({ attempts }: DialogueEpisode): number | null => attempts.at(-1)!.reward;
