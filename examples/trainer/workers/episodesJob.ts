import type { CollectOptions } from '@molrl/ef-env';
import type { Draw, GamePart } from '../method/episodeSource.ts';

/** Options of a collection that its parts have as well. */
export const OF_PARTS = [
  ...([
    'seed',
    'groupSize',
    'maxTokens',
    'maxTurns',
    'temperature',
    'stop',
    'stepTimeout',
  ] as const),
] as const satisfies readonly (keyof CollectOptions<unknown>)[];

/** Some tasks of a collection, with their place in it. */
export type Part = Pick<CollectOptions<object>, 'tasks' | 'firstTask' | (typeof OF_PARTS)[number]>;

/** Episodes that a worker plays. */
export interface EpisodesJob {
  does: 'episodes';
  /** Description of the run, by its hash. */
  record: string;
  /** What is trained, by its hash. */
  weights: string;
  part: GamePart;
  options: Part;
  draw?: Draw | undefined;
}
