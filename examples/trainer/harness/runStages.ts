import type { StageName } from '../config/schema.ts';
import { goBack } from '../control/goBack.ts';
import { RollBack } from '../control/rollBack.ts';
import { readLearner, writeLearner } from '../method/learnerWeights.ts';
import { collectStage } from '../stages/collectStage.ts';
import { evalStage, evaluateNow } from '../stages/evalStage.ts';
import { grpoStage } from '../stages/grpoStage.ts';
import { liveStage } from '../stages/liveStage.ts';
import { molStage } from '../stages/molStage.ts';
import { sftStage } from '../stages/sftStage.ts';
import { type Run, saveRun, stageLabel } from './run.ts';
import type { RunState } from './runState.ts';

const STAGES: Record<StageName, (run: Run) => Promise<void>> = {
  collect: collectStage,
  sft: sftStage,
  mol: molStage,
  live: liveStage,
  grpo: grpoStage,
  eval: evalStage,
};

/** The stages that are still to come, each from where the last one ended. Saves when it is stopped. */
export async function runStages(run: Run): Promise<void> {
  const { learner, state, signal } = run;
  const { stages } = state.settings;
  let started = performance.now();
  writeLearner(learner, state.weights);
  try {
    while (state.stage < stages.length) {
      started = performance.now();
      signal.throwIfAborted();
      if (isStart(run)) await evaluateNow(run, 0);
      if (!(await ended(run, STAGES[stages[state.stage]!]))) {
        writeLearner(learner, state.weights);
        continue;
      }
      addSeconds(state, started);
      await run.afterStage?.(run);
      state.weights = await readLearner(learner);
      state.progress = undefined;
      state.stage += 1;
      await saveRun(run);
    }
  } catch (error) {
    // What was done up to the last update is worth keeping when the user stops it.
    if (signal.aborted) {
      addSeconds(state, started);
      await saveRun(run);
    }
    throw error;
  } finally {
    run.metrics.close();
    run.completions.close();
    await run.tracker.close();
  }
}

/** Adds the time since `started` to the stage at work. */
function addSeconds(state: RunState, started: number): void {
  const label = stageLabel(state);
  const spent = (performance.now() - started) / 1000;
  state.seconds[label] = (state.seconds[label] ?? 0) + spent;
}

/** Before anything was done, in a run that is evaluated and does not begin with that. */
function isStart({ state }: Run): boolean {
  const { stages, eval: evaluation } = state.settings;
  const untouched = state.stage === 0 && !state.progress && state.evaluations.length === 0;
  return untouched && evaluation.onStart && stages[0] !== 'eval' && stages.includes('eval');
}

/** Runs the stage at work. @returns False if a person put the run back to an earlier checkpoint instead. */
async function ended(run: Run, stage: (run: Run) => Promise<void>): Promise<boolean> {
  try {
    await stage(run);
    return true;
  } catch (error) {
    if (!(error instanceof RollBack)) throw error;
    await goBack(run, error.checkpoint);
    return false;
  }
}
