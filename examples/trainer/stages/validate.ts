import { isStalled, keepBest, loadBest } from '../harness/bestModel.ts';
import { type Run, stageLabel } from '../harness/run.ts';
import { evaluateNow } from './evalStage.ts';

/** Evaluates during a stage, keeps the best, and says whether there is no point in going on. */
export async function validate(run: Run, step: number): Promise<'end' | undefined> {
  const { state, progress } = run;
  await evaluateNow(run, step);
  if (state.settings.eval.loadBestModelAtEnd) await keepBest(run);
  if (!isStalled(state)) return undefined;
  const { earlyStoppingPatience, metricForBestModel } = state.settings.eval;
  progress.line(
    `${stageLabel(state)} ends at update ${step}: ${earlyStoppingPatience} evaluations without a better ${metricForBestModel}`,
  );
  return 'end';
}

/** The stage ends with the weights of its best evaluation, if it was evaluated. */
export async function endWithBest(run: Run): Promise<void> {
  const best = await loadBest(run);
  if (best === undefined) return;
  run.progress.line(
    `${stageLabel(run.state)} ends with the weights of update ${best}, its best evaluation`,
  );
}
