import type { Sampler } from '@molrl/qwen3';
import type { TrainerSettings } from '../../config/schema.ts';
import type { Game } from '../../games/game.ts';
import type { Learner } from '../../method/learner.ts';
import { UnfitError } from '../queue/serveJobs.ts';
import type { RunRecord } from '../runRecord.ts';

/** What a worker needs of a game: tasks come with the jobs. */
export type WorkedGame = Pick<Game, 'environment' | 'withFeedback' | 'close'>;

/** Games and models as a worker has them: in files, or in a tab. */
export interface WorkerFiles {
  /** @throws {UnfitError} if it is not there, or another one. */
  openGame(record: RunRecord): Promise<WorkedGame>;
  /** SHA-256 as `hashOfModel`. */
  modelHash(settings: TrainerSettings): Promise<string>;
  openModel(settings: TrainerSettings, sampler: Sampler): Promise<Learner>;
  /** What to do about a file that is another one. */
  remedy: string;
}

/** @throws {UnfitError} if the worker's model is not that of the run. */
export async function checkModel(
  { settings, model }: RunRecord,
  { modelHash, remedy }: WorkerFiles,
): Promise<void> {
  if ((await modelHash(settings)) === model) return;
  throw new UnfitError(
    `worker: the model ${settings.model ?? '(shipped)'} is another one here. ${remedy}`,
  );
}
