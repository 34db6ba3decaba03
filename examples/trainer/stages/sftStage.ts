import type { Run } from '../harness/run.ts';
import { rateSchedule } from '../method/rateSchedule.ts';
import { sft } from '../method/sft.ts';
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
      sft(learner, stage, { ...settings, rows, seed, schedule: rateSchedule(settings, updates) }),
    summary: ({ loss }) => `loss ${loss?.toFixed(3)}`,
  });
}
