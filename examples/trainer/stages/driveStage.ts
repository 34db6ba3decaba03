import type { Variable } from '@tensorflow/tfjs-core';
import { controlHooks } from '../control/controlHooks.ts';
import { driveUpdates } from '../harness/driveUpdates.ts';
import { forgetUnsaved, type Run, saveRun, stageLabel } from '../harness/run.ts';
import { writeEmergency } from '../harness/runState.ts';
import { trainedHere } from '../method/learnerWeights.ts';
import { Stage, type StageStep } from '../method/stage.ts';
import { adviceOf } from '../seeing/doctor/advice.ts';
import { streamOf } from './streams.ts';
import { endWithBest, validate } from './validate.ts';

export interface DriveOptions {
  learningRate: number;
  /** Updates. */
  total: number;
  /** Saved and restored with the weights; see `Stage`. */
  alongside?: Record<string, Variable> | undefined;
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
  const { everySteps, loadBestModelAtEnd } = state.settings.eval;
  const { seed, saveSteps, optim, adamBeta1, adamBeta2, weightDecay } = state.settings;
  const label = stageLabel(state);
  const stage = new Stage(trainedHere(learner), {
    ...{ name: streamOf(state), seed, optim, learningRate: options.learningRate, weightDecay },
    betas: [adamBeta1, adamBeta2],
    ...{ alongside: options.alongside, makeOptimizer: learner.elsewhere?.optimizer },
    resume: state.progress,
  });
  const next = state.settings.stages.slice(state.stage + 1);
  progress.start(label, options.total, { done: stage.step, next });
  const keep = async (): Promise<void> => {
    state.progress = await stage.snapshot();
  };
  await driveUpdates(stage, {
    updates: options.steps(stage),
    line: (text) => progress.line(text),
    advice: () => adviceOf(state.settings, file.rows),
    signal,
    isDue: ({ step }) => step % saveSteps === 0 && step < options.total, // the end of a stage is saved by the run
    keep,
    between: (update) =>
      update.step < update.of
        ? run.control.between(controlHooks(run, update, keep), signal)
        : Promise.resolve(),
    save: () => saveRun(run),
    onUpdate: async (update) => {
      const { step, metrics } = update;
      assertFinite(label, step, metrics);
      file.append({ stage: label, step, ...metrics });
      progress.update(step, options.summary(metrics));
      await options.after?.(update);
      const isDue = everySteps !== undefined && step % everySteps === 0;
      const isAsked = isDue && (step < options.total || loadBestModelAtEnd);
      return isAsked ? validate(run, step) : undefined;
    },
    forget: () => forgetUnsaved(run),
    onFailure: (error) => keepAfterFailure(run, stage, error),
  });
  if (loadBestModelAtEnd) await endWithBest(run);
}

/** An update threw: what was done before it is saved, and the error says where the run stood. */
async function keepAfterFailure(run: Run, stage: Stage, error: Error): Promise<void> {
  const { state, out, again } = run;
  const progress = await stage.snapshot();
  const place = `${stageLabel(state)}, update ${stage.step + 1}: ${error.message}`;
  if (stage.isWhole) {
    state.progress = progress;
    await saveRun(run);
    error.message = `${place} What was done up to update ${stage.step} is saved; look for the cause, then continue with: ${again}`;
    return;
  }
  const file = await writeEmergency(out, { ...state, progress });
  error.message = `${place} The weights inside the update are in ${file}, for a look at them; --resume goes on from the last checkpoint.`;
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
