import type { StageName } from '../config/schema.ts';
import { readWeights, writeWeights } from '../method/weights.ts';
import { collectStage } from '../stages/collectStage.ts';
import { evalStage } from '../stages/evalStage.ts';
import { grpoStage } from '../stages/grpoStage.ts';
import { molStage } from '../stages/molStage.ts';
import { sftStage } from '../stages/sftStage.ts';
import { type Run, saveRun, stageLabel } from './run.ts';

const STAGES: Record<StageName, (run: Run) => Promise<void>> = {
  collect: collectStage,
  sft: sftStage,
  mol: molStage,
  grpo: grpoStage,
  eval: evalStage,
};

/** The stages that are still to come, each from where the last one ended. Saves when it is stopped. */
export async function runStages(run: Run): Promise<void> {
  const { learner, state, signal } = run;
  const { stages } = state.settings;
  const parameters = learner.model.trainable();
  writeWeights(parameters, state.weights);
  try {
    while (state.stage < stages.length) {
      signal.throwIfAborted();
      const started = performance.now();
      const label = stageLabel(state);
      await STAGES[stages[state.stage]!](run); // inside the list
      const seconds = (performance.now() - started) / 1000;
      state.seconds[label] = (state.seconds[label] ?? 0) + seconds;
      state.weights = await readWeights(parameters);
      state.progress = undefined;
      state.stage += 1;
      await saveRun(run);
    }
  } catch (error) {
    // What was done up to the last update is worth keeping when the user stops it.
    if (signal.aborted) await saveRun(run);
    throw error;
  } finally {
    run.metrics.close();
    run.completions.close();
    await run.tracker.close();
  }
}
