import type { Sampler } from '@molrl/qwen3';
import type { TrainerSettings } from '../../config/schema.ts';
import type { Game } from '../../games/game.ts';
import type { Learner } from '../../method/learner.ts';
import type { RunRecord } from '../runRecord.ts';

/** What a worker needs of a game: tasks come with the jobs. */
export type WorkedGame = Pick<Game, 'environment' | 'withFeedback' | 'close'>;

/** Games and models as a worker has them: in files, or in a tab. Each throws an {@link UnfitError} for what is not there. */
export interface WorkerFiles {
  openGame(record: RunRecord): Promise<WorkedGame>;
  /** SHA-256 as `hashOfModel`. */
  modelHash(settings: TrainerSettings): Promise<string>;
  openModel(settings: TrainerSettings, sampler: Sampler): Promise<Learner>;
}
