import { scoresOfStage } from '../harness/bestModel.ts';
import type { Run } from '../harness/run.ts';
import { rateSchedule } from '../method/rateSchedule.ts';
import { sft } from '../method/sft.ts';
import { changesOfStage } from './changesOfStage.ts';
import { driveStage } from './driveStage.ts';

/** Cross-entropy on the assistant's turns of `sft.data`. */
export async function sftStage(run: Run): Promise<void> {
  const { learner, state, sftRows: rows } = run;
  const { seed, sft: settings } = state.settings;
  const { updates, learningRate } = settings;
  await driveStage(run, {
    learningRate,
    total: updates,
    steps: (stage) =>
      sft(learner, stage, {
        ...settings,
        ...{ rows, seed, tuned: changesOfStage(state) },
        schedule: rateSchedule(settings, updates, () => scoresOfStage(state)),
      }),
    summary: ({ loss }) => `loss ${loss?.toFixed(3)}`,
  });
}
