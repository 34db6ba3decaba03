import { driveUpdates } from '../harness/driveUpdates.ts';
import { type Run, saveRun, stageLabel } from '../harness/run.ts';
import { Stage, type StageStep } from '../method/stage.ts';
import { adviceOf } from '../seeing/doctor/advice.ts';
import { evaluateNow } from './evalStage.ts';

export interface DriveOptions {
  learningRate: number;
  /** Updates. */
  total: number;
  /** Makes the updates. */
  steps(stage: Stage): AsyncGenerator<StageStep>;
  /** What the progress bar says of an update. */
  summary(metrics: Readonly<Record<string, number>>): string;
  /** After each update, before it is saved. */
  after?: ((step: StageStep) => Promise<void>) | undefined;
}

/** Drives a training stage: position, metrics, progress, checkpoints, advice. */
export async function driveStage(run: Run, options: DriveOptions): Promise<void> {
  const { learner, state, progress, signal, metrics: file } = run;
  const { everySteps } = state.settings.eval;
  const { seed, saveSteps, adamBeta1, adamBeta2, weightDecay } = state.settings;
  const label = stageLabel(state);
  const stage = new Stage(learner.model.trainable(), {
    ...{ name: label, seed, learningRate: options.learningRate, weightDecay },
    betas: [adamBeta1, adamBeta2],
    resume: state.progress,
  });
  const next = state.settings.stages.slice(state.stage + 1);
  progress.start(label, options.total, { done: stage.step, next });
  await driveUpdates(stage, {
    updates: options.steps(stage),
    line: (text) => progress.line(text),
    advice: () => adviceOf(state.settings, file.rows),
    signal,
    isDue: ({ step }) => step % saveSteps === 0 && step < options.total, // the end of a stage is saved by the run
    keep: async () => {
      state.progress = await stage.snapshot();
    },
    save: () => saveRun(run),
    onUpdate: async (update) => {
      const { step, metrics } = update;
      assertFinite(label, step, metrics);
      file.append({ stage: label, step, ...metrics });
      progress.update(step, options.summary(metrics));
      await options.after?.(update);
      if (everySteps !== undefined && step % everySteps === 0 && step < options.total)
        await evaluateNow(run, step);
    },
  });
}

function assertFinite(
  label: string,
  step: number,
  metrics: Readonly<Record<string, number>>,
): void {
  const bad = ['loss', 'grad_norm'].find((name) => Number.isNaN(metrics[name] ?? 0));
  if (bad === undefined) return;
  throw new Error(
    `${label}: ${bad} is NaN at update ${step}. The last checkpoint is from before it: lower the learning rate, or go on from it with --resume.`,
  );
}
