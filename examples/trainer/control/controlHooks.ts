import { basename } from 'node:path';
import { type Run, saveRun, stageLabel } from '../harness/run.ts';
import { listCheckpoints, writeSnapshot } from '../harness/runState.ts';
import type { StageStep } from '../method/stage.ts';
import type { ControlHooks } from './control.ts';
import { RollBack } from './rollBack.ts';

/**
 * What commands do to a run after an update.
 *
 * @param keep - Takes the stage's position over into the run's state.
 */
export function controlHooks(
  run: Run,
  { step, of, metrics }: StageStep,
  keep: () => Promise<void>,
): ControlHooks {
  const { state, out, progress } = run;
  const log = async (what: string): Promise<void> => {
    state.actions.push({ at: new Date().toISOString(), stage: stageLabel(state), step, what });
    progress.line(`by hand after ${stageLabel(state)} ${step}: ${what}`);
    await keep();
    await saveRun(run); // a run that is killed now keeps what was asked
    await run.describe();
  };
  return {
    set: async (values) => {
      state.settings.changes.push({ stage: state.stage, step, ...values });
      await log(`set ${JSON.stringify(values)}`);
    },
    snapshot: async () => {
      await keep();
      await log(`snapshot ${basename(await writeSnapshot(out, state))}`);
    },
    rollBack: async (checkpoint) => {
      const names = (await listCheckpoints(out)).map((file) => basename(file));
      if (names.includes(checkpoint)) throw new RollBack(checkpoint);
      progress.line(`there is no ${checkpoint}; there are ${names.join(', ')}`);
    },
    view: async () => ({
      ...{ stage: stageLabel(state), step, of, metrics },
      checkpoints: (await listCheckpoints(out)).map((file) => basename(file)),
      changes: state.settings.changes,
      actions: state.actions.map(({ stage, step: at, what }) => `${stage} ${at}: ${what}`),
    }),
  };
}
