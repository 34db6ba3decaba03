import { basename } from 'node:path';
import type { StageName } from '../config/schema.ts';
import { type Run, saveRun, stageLabel } from '../harness/run.ts';
import { listCheckpoints, writeSnapshot } from '../harness/runState.ts';
import type { Changes, StageStep } from '../method/stage.ts';
import type { ControlHooks } from './control.ts';
import { RollBack } from './rollBack.ts';

/** What can be changed while each stage is at work. */
const READ: Record<StageName, readonly (keyof Changes)[]> = {
  collect: [],
  sft: ['learningRate'],
  mol: ['learningRate', 'alpha'],
  live: ['learningRate', 'temperature'],
  grpo: ['learningRate', 'beta', 'temperature'],
  eval: [],
};

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
      const known = READ[state.settings.stages[state.stage]!]; // it is at work
      const unread = Object.keys(values).filter((name) => !known.some((own) => own === name));
      if (unread.length > 0) {
        progress.line(
          `${stageLabel(state)} does not read ${unread.join(', ')}, so nothing was set. It reads ${known.join(', ')}.`,
        );
        return;
      }
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
