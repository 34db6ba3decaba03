import type { RunState } from '../harness/runState.ts';
import type { Changes, Tuned } from '../method/stage.ts';

/** What a person changed in the stage at work, by update: the later change wins, name by name. */
export function changesOfStage(state: RunState): Tuned {
  const { stage } = state;
  return (step) => {
    const made = state.settings.changes.filter(
      (change) => change.stage === stage && change.step <= step,
    );
    return Object.assign({}, ...made.map(({ stage: _, step: __, ...change }) => change)) as Changes;
  };
}
