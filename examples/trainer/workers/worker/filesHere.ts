import { openGame } from '../../games/openGame.ts';
import { loadLearner } from '../../method/loadLearner.ts';
import { findModel, SHIPPED_MODEL } from '../../model/findModel.ts';
import { hashOfModel } from '../hashOfModel.ts';
import { UnfitError } from '../queue/serveJobs.ts';
import { differingFiles } from '../runRecord.ts';
import type { WorkerFiles } from './workerFiles.ts';

const REMEDY = 'The run was described with others: copy its files here, under the same paths.';

/** Those of this machine, under the paths of the run. */
export const filesHere: WorkerFiles = {
  async openGame(record) {
    const game = await openGame(record.settings);
    const wrong = differingFiles(record, game.files);
    if (wrong.length > 0) throw new UnfitError(`worker: ${wrong.join('; ')}. ${REMEDY}`);
    return game;
  },
  modelHash: async ({ model = SHIPPED_MODEL }) => hashOfModel((await findModel(model)).source),
  openModel: ({ model = SHIPPED_MODEL, format, lora }, sampler) =>
    loadLearner({ model, format, lora, sampler }),
  remedy: REMEDY,
};
