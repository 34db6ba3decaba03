import type { Environment, Random } from '@molrl/ef-env';
import type { GamePart } from './episodeSource.ts';

/** What is played: attempts that are scored. */
export interface AttemptGame<Task> {
  environment: Environment<Task>;
  /** Which of the game's environments it is. Default `'environment'`. */
  part?: GamePart | undefined;
  /** `position` counts the prompts of the stage, for those who go through their rows in epochs. */
  nextTask(random: Random, position: number): Task;
  /** Longest answer. */
  maxTokens: number;
  /** Attempts per episode. Default: the environment's own. */
  maxTurns?: number | undefined;
}
