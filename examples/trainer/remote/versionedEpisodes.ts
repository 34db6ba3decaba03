import { collect } from '@molrl/ef-env';
import { qwen3Policy } from '@molrl/qwen3';
import type { EpisodeSource } from '../method/episodeSource.ts';
import { KEPT, type Learner } from '../method/learner.ts';
import type { RemoteSampler } from './openRollouts.ts';

/** Episodes of this process that a server samples for, which keeps the weights they began with while the model learns on. */
export function versionedEpisodes(
  { model, tokenizer, chat, episodes: now }: Learner,
  rollouts: Pick<RemoteSampler, 'publish' | 'during'>,
): EpisodeSource {
  // the model here is another version: what was sampled cannot be compared with it
  const writing = { format: chat.format, system: chat.system, cache: null, onWarning: null };
  return {
    publish: () => rollouts.publish(model),
    collect(play, options) {
      const { environment, version, draw } = play;
      if (version === undefined) return now.collect(play, options);
      return rollouts.during(version, (sampler) =>
        collect(
          environment,
          qwen3Policy(model, tokenizer, { ...writing, sampler, ...(draw && KEPT), ...draw }),
          options,
        ),
      );
    },
  };
}
