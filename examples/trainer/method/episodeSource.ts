import {
  type CollectOptions,
  collect,
  type Environment,
  type Policy,
  type Trajectory,
} from '@molrl/ef-env';

/** The environments of a game. */
export type GamePart = 'environment' | 'withFeedback';

/** What tokens are drawn among. Each comes with all that it could have been, and is learned from among those. */
export interface Draw {
  topK?: number | undefined;
  topP?: number | undefined;
  minP?: number | undefined;
}

/** What is played, and by which weights. */
export interface Play<Task> {
  environment: Environment<Task>;
  /** Which of the game's environments it is: another process opens its own. */
  part: GamePart;
  /** As `publish` named them. Default: the model's present weights. */
  version?: string | undefined;
  /** Default: the whole vocabulary. */
  draw?: Draw | undefined;
}

/** Who plays episodes: this process, a server that samples for it, or workers elsewhere. */
export interface EpisodeSource {
  /** As `collect` of ef-env, with the same ids, seeds and order. */
  collect<Task>(play: Play<Task>, options: CollectOptions<Task>): Promise<Trajectory[]>;
  /** Hands over the present weights, so that episodes of them go on while the model changes. Absent: they cannot. */
  publish?(): Promise<string>;
}

/** Episodes that are played here, whoever samples for the policy. */
export const localEpisodes = (policyOf: (draw?: Draw) => Policy): EpisodeSource => ({
  collect: ({ environment, draw }, options) => collect(environment, policyOf(draw), options),
});
