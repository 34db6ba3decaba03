import {
  type CollectOptions,
  collect,
  type Environment,
  type Policy,
  type Trajectory,
} from '@molrl/ef-env';

/** The environments of a game. */
export type GamePart = 'environment' | 'withFeedback';

/** What is played, and by which weights. */
export interface Play<Task> {
  environment: Environment<Task>;
  /** Which of the game's environments it is: another process opens its own. */
  part: GamePart;
  /** As `publish` named them. Default: the model's present weights. */
  version?: string | undefined;
}

/** Who plays episodes: this process, a server that samples for it, or workers elsewhere. */
export interface EpisodeSource {
  /** As `collect` of ef-env, with the same ids, seeds and order. */
  collect<Task>(play: Play<Task>, options: CollectOptions<Task>): Promise<Trajectory[]>;
  /** Hands over the present weights, so that episodes of them go on while the model changes. Absent: they cannot. */
  publish?(): Promise<string>;
}

/** Episodes that are played here, whoever samples for the policy. */
export const localEpisodes = (policy: Policy): EpisodeSource => ({
  collect: ({ environment }, options) => collect(environment, policy, options),
});
